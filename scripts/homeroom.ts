/**
 * `npm run --silent homeroom -- COMMAND`: runs the built command line, building it first if it is missing
 * or older than its sources. Only the command itself writes to standard output.
 */
import { pathToFileURL } from "node:url"
import { buildIfStale, program } from "./built.ts"

if (buildIfStale()) {
  process.argv[1] = program
  await import(pathToFileURL(program).href)
} else {
  process.exitCode = 1
}

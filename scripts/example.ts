/**
 * `npm run example:express`, or `npm start` in the example's folder: runs an example against the built library,
 * building it first if need be.
 */
import { existsSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { buildIfStale } from "./built.ts"
import { root } from "./entries.ts"

const folder = process.env.INIT_CWD ?? process.cwd()
const name = process.argv[2] ?? (dirname(folder) === join(root, "examples") ? basename(folder) : "")
const program = join(root, "examples", name, "index.ts")

if (name === "" || !existsSync(program)) {
  console.error("Which example? npm run example:express, or npm start in a folder of examples/.")
  process.exitCode = 2
} else if (buildIfStale()) {
  await import(pathToFileURL(program).href)
} else {
  process.exitCode = 1
}

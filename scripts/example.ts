/** `npm start -- NAME`, or `npm start` in an example's folder: runs it against the built library, built first if need be. */
import { existsSync, globSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { buildIfStale } from "./built.ts"
import { root } from "./entries.ts"

const examples = join(root, "examples")
const folder = process.env.INIT_CWD ?? process.cwd()
const name = process.argv[2] ?? (dirname(folder) === examples ? basename(folder) : "")
const program = join(examples, name, "index.ts")

if (name === "" || !existsSync(program)) {
  const names = globSync("*/index.ts", { cwd: examples }).map(dirname).sort()
  console.error(`Which example? npm start -- NAME, where NAME is one of these:\n  ${names.join("\n  ")}`)
  process.exitCode = 2
} else if (buildIfStale()) {
  await import(pathToFileURL(program).href)
} else {
  process.exitCode = 1
}

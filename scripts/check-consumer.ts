/**
 * Installs the packed library into an empty project and uses it there as an app would, under one version of
 * Node: `npm run check:consumer -- 22` (or 24, 26, or `floor` for the oldest that package.json allows).
 *
 * The empty project installs no package with an install script, imports every entry, compiles against the types
 * (NodeNext, strict, library checks on) and runs the command's demo. `--tarball FILE` takes a tarball already packed.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { parseArgs } from "node:util"
import type { Lockfile } from "./complete-lockfile.ts"
import { commandEntries, manifest, publicEntries, root } from "./entries.ts"
import { pack } from "./pack.ts"
import { run } from "./run.ts"

const { positionals, values } = parseArgs({
  options: { tarball: { type: "string" } },
  allowPositionals: true,
})
const asked = positionals[0] ?? "24"
const version = asked === "floor" ? manifest.engines.node.replace(/^>=/, "") : asked
const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"]

/** The folder with that Node's program, installed from npm's own `node` package once and kept. */
function installRuntime(): string {
  const folder = join(root, "node_modules/.cache/homeroom", `node-${version}`)
  const bin = join(folder, "node_modules/node/bin")
  if (!existsSync(join(bin, "node"))) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ private: true, allowScripts: { node: true } }),
    )
    run("npm", ["install", `node@${version}`, ...quiet], { cwd: folder })
  }
  return bin
}

const bin = installRuntime()
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, CI: "true" }
const node = join(bin, "node")
const tarball = values.tarball ?? pack({ built: false }).tarball
const project = mkdtempSync(join(tmpdir(), "homeroom-consumer-"))
const inProject = { cwd: project, env }

try {
  console.log(`Node ${run(node, ["--version"], { ...inProject, capture: true }).trim()}`)
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }))
  run("npm", ["install", tarball, "--engine-strict", ...quiet], inProject)

  const lockfile = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")) as Lockfile
  const scripted = Object.entries(lockfile.packages).filter(([, entry]) => entry.hasInstallScript)
  if (scripted.length > 0) throw new Error(`Install scripts: ${scripted.map(([path]) => path).join(", ")}`)

  const specifiers = publicEntries.map(({ specifier }) => specifier)
  writeFileSync(
    join(project, "imports.js"),
    `const seen = []
for (const specifier of ${JSON.stringify(specifiers)}) {
  const entry = await import(specifier)
  if (Object.keys(entry).length === 0) throw new Error(specifier + " exports nothing")
  if ("default" in entry && specifier !== "homeroom/fastify") throw new Error(specifier + " has a default export")
  seen.push(entry)
}
const classes = new Set(seen.map((entry) => entry.HomeroomError).filter(Boolean))
if (classes.size !== 1) throw new Error(classes.size + " HomeroomError classes instead of one")
const { default: manifest } = await import("homeroom/package.json", { with: { type: "json" } })
if (manifest.version !== ${JSON.stringify(manifest.version)}) throw new Error("wrong version " + manifest.version)
`,
  )
  run(node, ["imports.js"], inProject)
  console.log(`imported ${specifiers.join(", ")}`)

  const [command] = commandEntries
  if (command === undefined) throw new Error("package.json names no command")
  const program = join(project, "node_modules/.bin", command.specifier)
  run(program, ["--version"], { ...inProject, capture: true })
  run(program, ["demo"], { ...inProject, capture: true })
  console.log(`${command.specifier} demo ran`)

  // SQLite is Node's own, and another one in every Node.
  writeFileSync(
    join(project, "contract.test.js"),
    `import { mkdtempSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, it } from "node:test"
import { SqliteStorage } from "homeroom/sqlite"
import { storageContract } from "homeroom/testing"
const paths = new Map()
let now = Date.now()
function storageAt(path) {
  const storage = new SqliteStorage({ path, clock: () => now })
  paths.set(storage, path)
  return storage
}
storageContract({ describe, it }, {
  name: "SqliteStorage",
  create: () => storageAt(join(mkdtempSync("./contract-"), "roster.db")),
  reopen: (closed) => storageAt(paths.get(closed)),
  second: (open) => storageAt(paths.get(open)),
  advanceClock: (ms) => { now += ms },
  dispose: (closed) => rmSync(dirname(paths.get(closed)), { recursive: true, force: true }),
})
`,
  )
  run(node, ["--test", "contract.test.js"], { ...inProject, capture: true })
  console.log("SqliteStorage keeps the storage contract")

  const types = `@types/node@${version.split(".")[0]}`
  const typescript = `typescript@${manifest.devDependencies.typescript}`
  run("npm", ["install", "--save-dev", typescript, types, ...quiet], inProject)
  const names = specifiers.map((_, index) => `entry${index}`)
  writeFileSync(
    join(project, "types.ts"),
    `${specifiers.map((specifier, index) => `import * as ${names[index]} from "${specifier}"`).join("\n")}
export const entries: object[] = [${names.join(", ")}]
`,
  )
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        module: "NodeNext",
        target: "ES2023",
        lib: ["ES2023"],
        types: ["node"],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: ["types.ts"],
    }),
  )
  run(join(project, "node_modules/.bin/tsc"), ["--project", "."], inProject)
  console.log("compiled against the types")
} finally {
  rmSync(project, { recursive: true, force: true })
}

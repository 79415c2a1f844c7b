/**
 * Installs the packed library into an empty project and uses it there as an app would, under one version of
 * Node: `npm run check:consumer -- 22` (or 24, 26, or `floor` for the oldest that package.json allows).
 *
 * The empty project runs no install script, has no package with one and no web framework, imports and requires every
 * entry, compiles against the types in every way that resolves them (strict, library checks on) and runs the command's
 * demo. Then it adds the frameworks,
 * compiles against the types of their entries, and asks an app of each for its login routes. `--tarball FILE` takes a
 * tarball already packed.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { parseArgs } from "node:util"
import type { Lockfile } from "./complete-lockfile.ts"
import { commandEntries, manifest, publicEntries, root } from "./entries.ts"
import { pack } from "./pack.ts"
import { run } from "./run.ts"

/** The entries whose types need a peer; where it is not of the peer's own name. */
const entriesOf: Readonly<Record<string, string>> = { "@opentelemetry/api": "telemetry" }

/** The entries for a framework: their types need it and its types installed, importing them does not. */
const doors = Object.keys(manifest.peerDependencies ?? {}).map((peer) => ({
  specifier: `${manifest.name}/${entriesOf[peer] ?? peer}`,
  peer,
  packages: [peer, `@types/${peer}`].filter((name) => manifest.devDependencies[name] !== undefined),
}))

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

/** Both frameworks, a page of the console, and a logout that is refused: the one login route that asks nothing of Clever. */
const appWithDoors = `import { once } from "node:events"
import type { AddressInfo } from "node:net"
import express from "express"
import Fastify from "fastify"
import { CleverClient, CleverSsoClient, RosterSync } from "homeroom"
import { Connections, Imports, InProcessQueue } from "homeroom/exchange"
import { createConsole } from "homeroom/console"
import { cleverConsole, cleverLogin, cleverSession } from "homeroom/express"
import cleverLoginPlugin, { cleverConsole as fastifyConsole } from "homeroom/fastify"
import { MemoryStorage } from "homeroom/memory"

const sso = new CleverSsoClient({
  clientId: "an id",
  clientSecret: "a secret",
  redirectUri: "https://app.example/auth/clever/callback",
  cookieSecret: "a secret of thirty-two bytes or more",
})

const storage = new MemoryStorage()
const clever = new CleverClient({ clientId: "an id", clientSecret: "a secret" })
const connections = new Connections({ storage, clever })
const roster = new RosterSync({ storage, clever })
const imports = new Imports({ storage, connections, roster, queue: new InProcessQueue({ storage }) })
const parts = { storage, connections, roster, imports, basePath: "/console" }
const pages = createConsole({ ...parts, authorize: () => ({ actor: "ada", can: ["view"] }) })

const expressApp = express()
expressApp.use("/console", cleverConsole(pages))
expressApp.use("/auth/clever", cleverLogin({ sso }))
expressApp.use(cleverSession({ sso }))
expressApp.get("/", (req, res) => {
  res.json({ cleverId: req.cleverSession?.cleverId ?? null })
})
const server = expressApp.listen(0, "127.0.0.1")
await once(server, "listening")
const origin = "http://127.0.0.1:" + (server.address() as AddressInfo).port

const fastifyApp = Fastify({ forceCloseConnections: true })
await fastifyApp.register(cleverLoginPlugin, { sso })
await fastifyApp.register(fastifyConsole(pages), { prefix: "/console" })
fastifyApp.get("/", async (request) => ({ cleverId: request.cleverSession?.cleverId ?? null }))
const fastifyOrigin = await fastifyApp.listen({ port: 0, host: "127.0.0.1" })

for (const app of [origin, fastifyOrigin]) {
  const home = await fetch(app)
  if ((await home.text()) !== '{"cleverId":null}') throw new Error(app + " knows somebody")
  const page = await fetch(app + "/console/partners")
  if (!(await page.text()).includes("SSO with User Provisioning")) throw new Error(app + " has no console")
  const logout = await fetch(app + "/auth/clever/logout", { headers: { accept: "application/json" } })
  const { error } = (await logout.json()) as { error: string }
  if (error !== "LOGOUT_REFUSED") throw new Error(app + " answers " + logout.status + " " + error)
}
server.closeAllConnections()
server.close()
await fastifyApp.close()
`

try {
  console.log(`Node ${run(node, ["--version"], { ...inProject, capture: true }).trim()}`)
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }))
  run("npm", ["install", tarball, "--engine-strict", "--ignore-scripts", ...quiet], inProject)

  const lockfile = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")) as Lockfile
  const scripted = Object.entries(lockfile.packages).filter(([, entry]) => entry.hasInstallScript)
  if (scripted.length > 0) throw new Error(`Install scripts: ${scripted.map(([path]) => path).join(", ")}`)

  for (const { peer } of doors) {
    if (existsSync(join(project, "node_modules", peer))) throw new Error(`${peer} was installed unasked`)
  }

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
  writeFileSync(
    join(project, "requires.cjs"),
    `for (const specifier of ${JSON.stringify(specifiers)}) {
  if (Object.keys(require(specifier)).length === 0) throw new Error(specifier + " gives nothing to require")
}
`,
  )
  run(node, ["requires.cjs"], inProject)
  console.log(
    `imported and required ${specifiers.join(", ")}, without ${doors.map(({ peer }) => peer).join(" and ")}`,
  )

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
  const isDoor = (specifier: string): boolean => doors.some((door) => door.specifier === specifier)
  const plain = importsOf(specifiers.filter((specifier) => !isDoor(specifier)))
  compile("types.ts", plain)
  compile("types.cts", plain)
  compile("types.ts", plain, { module: "ESNext", moduleResolution: "bundler" })
  console.log("compiled against the types, as a module, as CommonJS and for a bundler")

  const peers = doors.flatMap(({ packages }) =>
    packages.map((name) => `${name}@${manifest.devDependencies[name]}`),
  )
  run("npm", ["install", ...peers, ...quiet], inProject)
  compile("types.ts", importsOf(specifiers))
  compile("app.ts", appWithDoors)
  run(node, ["app.js"], inProject)
  console.log(`compiled and ran an app with ${peers.join(", ")}`)
} finally {
  rmSync(project, { recursive: true, force: true })
}

/** A module that imports every one of these, for their types. */
function importsOf(specifiers: readonly string[]): string {
  const names = specifiers.map((_, index) => `entry${index}`)
  return `${specifiers.map((specifier, index) => `import * as ${names[index]} from "${specifier}"`).join("\n")}
export const entries: object[] = [${names.join(", ")}]
`
}

/** Type-checks a module as strictly as an app can, and compiles it. */
function compile(name: string, text: string, resolution: object = { module: "NodeNext" }): void {
  writeFileSync(join(project, name), text)
  const compilerOptions = {
    ...resolution,
    target: "ES2023",
    lib: ["ES2023"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  }
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [name] }))
  run(join(project, "node_modules/.bin/tsc"), ["--project", "."], inProject)
}

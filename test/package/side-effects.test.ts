import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, test } from "vitest"
import { publicEntries, root } from "../../scripts/entries.ts"
import { compileCache } from "../support/compile-cache.ts"

/** Imports a module in a process of its own and tells what it has changed there. */
function traces(url: string): { stdout: string; stderr: string; status: number | null } {
  const script = `
    const look = () => ({
      // Node's own fetch keeps its dispatcher there once a web class is touched, and zod its settings.
      globals: Reflect.ownKeys(globalThis)
        .map(String)
        .filter((name) => !/^(?:Symbol\\(undici\\.|__zod_)/.test(name)),
      prototypes: [Object, Array, String, Promise, Map, Set, Date, Error].flatMap((type) =>
        [type, type.prototype].map((object) => Reflect.ownKeys(object).map(String).join()),
      ),
      environment: JSON.stringify(process.env),
      directory: process.cwd(),
      listeners: process.eventNames().map((name) => String(name) + process.listenerCount(name)),
      open: process.getActiveResourcesInfo(),
    })
    // What the module loader has read is closed a few turns later.
    const settled = async () => {
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      return look()
    }
    // Node opens these when they are first looked at.
    void [process.stdout, process.stderr]
    const before = await settled()
    await import(${JSON.stringify(url)})
    const after = await settled()
    for (const what of Object.keys(before)) {
      if (JSON.stringify(before[what]) !== JSON.stringify(after[what])) console.log(what + " changed")
    }
    process.exit()`
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, ...compileCache(), NODE_OPTIONS: "" },
    encoding: "utf8",
  })
  return { stdout, stderr, status }
}

const nothing = { stdout: "", stderr: "", status: 0 }

describe("importing an entry changes, prints and opens nothing", () => {
  test.each(publicEntries)("$specifier", ({ source }) => {
    expect(traces(pathToFileURL(join(root, source)).href)).toEqual(nothing)
  })

  test.each([
    ["globals", "globalThis.homeroom = 1"],
    ["prototypes", "Array.prototype.first = () => 1"],
    ["environment", "process.env.HOMEROOM = 1"],
    ["listeners", "process.on('exit', () => {})"],
    ["open", "setInterval(() => {}, 1_000)"],
  ])("a module that touches %s is found", (what, code) => {
    const { stdout } = traces(`data:text/javascript,${encodeURIComponent(code)}`)
    expect(stdout).toBe(`${what} changed\n`)
  })
})

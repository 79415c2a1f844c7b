import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, test } from "vitest"
import { publicEntries, root } from "../../scripts/entries.ts"
import { compileCache } from "../support/compile-cache.ts"

/** Which packages an entry loads before anything of it is used. */
function packagesLoadedBy(source: string): string[] {
  const script = `
    import { registerHooks } from "node:module"
    const loaded = new Set()
    registerHooks({
      load(url, context, next) {
        const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\/(?!.*node_modules\\/)/.exec(url) ?? []
        if (name !== undefined) loaded.add(name)
        return next(url, context)
      },
    })
    await import(${JSON.stringify(pathToFileURL(join(root, source)).href)})
    process.stdout.write(JSON.stringify([...loaded]))`
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, ...compileCache(), NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "inherit"],
  })
  return JSON.parse(String(output)) as string[]
}

/** What may be loaded with the app; everything else comes with the first use (P14). */
const expected: Readonly<Record<string, readonly string[]>> = {
  "homeroom/models": ["zod"],
  // Erasing somebody rewrites records that mention them, inside a transaction that can't wait for a module.
  "homeroom/storage": ["zod"],
  "homeroom/memory": ["zod"],
  "homeroom/postgres": ["zod"],
}

describe("importing an entry loads no package that it may do without", () => {
  const entries = publicEntries.filter(({ specifier }) => specifier !== "homeroom/simulator")
  test.each(entries)("$specifier", ({ specifier, source }) => {
    expect(packagesLoadedBy(source)).toEqual(expected[specifier] ?? [])
  })
})

test("importing homeroom loads no part of Node that takes long to load, as its cryptography or its HTTP client", () => {
  const script = `
    const before = new Set(process.moduleLoadList)
    await import(${JSON.stringify(pathToFileURL(join(root, "src/index.ts")).href)})
    const heavy = /^NativeModule (?:crypto|fs\\/promises|https?|sqlite|worker_threads|zlib)$/
    process.stdout.write(JSON.stringify(process.moduleLoadList.filter((name) => !before.has(name) && heavy.test(name))))`
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "inherit"],
  })
  expect(JSON.parse(String(output))).toEqual([])
})

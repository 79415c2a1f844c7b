import { execFileSync } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { type Lockfile, missingEntries, platformOf } from "../../scripts/complete-lockfile.ts"
import { manifest, publicEntries, root } from "../../scripts/entries.ts"

const lockfile = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lockfile

describe("the package", () => {
  test("holds the licence, the notices, the readme, the changelog and the documents, and no sources or tests", {
    timeout: 120_000,
  }, () => {
    // Other tests need the build: it must not go on while npm looks at dist/.
    expect(buildIfStale()).toBe(true)
    const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
    const [packed] = JSON.parse(output) as [{ files: { path: string }[] }]
    const paths = packed.files.map(({ path }) => path)
    const outside = paths.filter((path) => !/^(dist|docs)\//.test(path))
    expect(outside.sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "THIRD_PARTY_NOTICES.md",
      "package.json",
    ])
    expect(paths).toContain("docs/errors.md")
  })

  test("runs nothing when it is installed", () => {
    const hooks = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"]
    expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([])
    const scripted = Object.entries(lockfile.packages).filter(
      ([path, entry]) => path !== "" && entry.hasInstallScript && !entry.dev,
    )
    expect(scripted).toEqual([])
  })

  test("R63 needs nothing at run time but what is agreed, none of it with an install script", () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(
      [
        "@hono/node-server",
        "cli-progress",
        "commander",
        "croner",
        "hono",
        "jose",
        "openid-client",
        "zod",
      ].sort(),
    )
    expect(Object.keys(manifest.peerDependencies ?? {}).sort()).toEqual([
      "@opentelemetry/api",
      "express",
      "fastify",
      "pg",
      "pg-boss",
      "pg-copy-streams",
    ])
    const installed = Object.entries(lockfile.packages).filter(([path, entry]) => path !== "" && !entry.dev)
    expect(installed.filter(([, { version }]) => !/^\d+\.\d+\.\d+/.test(version ?? ""))).toEqual([])
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
  })

  test("is ESM with types first, and every entry has a source", () => {
    for (const target of Object.values(manifest.exports)) {
      if (typeof target === "string") continue
      expect(Object.keys(target)).toEqual(["types", "default"])
      expect(target.types).toBe(target.default.replace(/\.js$/, ".d.ts"))
    }
    const sources = globSync("src/**/*.ts", { cwd: root })
    expect(publicEntries.map(({ source }) => source).filter((source) => !sources.includes(source))).toEqual(
      [],
    )
  })

  test("resolves to its sources when tests and examples are type-checked", () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.tools.json"), "utf8")) as {
      compilerOptions: { paths: Record<string, string[]> }
    }
    const paths = publicEntries.map(({ specifier, source }) => [specifier, [`./${source}`]])
    expect(compilerOptions.paths).toEqual(Object.fromEntries(paths))
  })

  test("promises no older Node than its dependencies do", () => {
    const floor = manifest.engines.node.replace(/^>=/, "")
    expect(floor).toMatch(/^22\.\d+$/)
    for (const name of Object.keys(manifest.dependencies)) {
      const range = lockfile.packages[`node_modules/${name}`]?.engines?.node
      // Every range of today's dependencies has a branch `>=MAJOR[.MINOR[.PATCH]]`; the highest one counts.
      const required = [...(range ?? ">=0").matchAll(/>=\s*(\d+)(?:\.(\d+))?/g)].at(-1)
      expect(required, `${name} asks for ${range}`).toBeDefined()
      const [, major, minor = "0"] = required ?? []
      const needed = Number(major) * 1000 + Number(minor)
      const [floorMajor, floorMinor] = floor.split(".").map(Number)
      expect(needed, `${name} asks for ${range}`).toBeLessThanOrEqual(floorMajor! * 1000 + floorMinor!)
    }
  })

  test("lists its optional peers as such", () => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest
    for (const name of Object.keys(peerDependencies)) {
      expect(peerDependenciesMeta[name], name).toEqual({ optional: true })
    }
  })
})

describe("the lockfile", () => {
  test("holds no download address", () => {
    expect(Object.entries(lockfile.packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([])
  })

  test("lists the packages of every platform", () => {
    expect([...missingEntries(lockfile).keys()]).toEqual([])
  })

  test("lists each platform package with the platform its name speaks of", () => {
    expect(platformOf("@biomejs/cli-linux-x64-musl")).toEqual({ os: ["linux"], cpu: ["x64"], libc: ["musl"] })
    expect(platformOf("@rollup/rollup-linux-arm-gnueabihf")).toEqual({
      os: ["linux"],
      cpu: ["arm"],
      libc: ["glibc"],
    })
    expect(platformOf("@rollup/rollup-win32-arm64-msvc")).toEqual({ os: ["win32"], cpu: ["arm64"] })
    expect(platformOf("fsevents")).toEqual({ os: ["darwin"] })
  })
})

test("npm scripts run on the Node that the project pins, not on the machine's", () => {
  const pinned = manifest.devDependencies.node?.match(/\d+/)?.[0]
  expect(process.version).toMatch(new RegExp(`^v${pinned}\\.`))
  expect(execFileSync("node", ["--version"], { encoding: "utf8" }).trim()).toBe(process.version)
})

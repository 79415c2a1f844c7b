import { describe, expect, test } from "vitest"
import { commandEntries, publicEntries } from "../../scripts/entries.ts"
import { limits, problemsWithContents } from "../../scripts/package-contents.ts"

const modules = [
  ...publicEntries.map(({ name }) => `dist/${name}`),
  ...commandEntries.map(({ name }) => `dist/${name}`),
  "dist/storage/sqlite/writer-thread",
  "dist/chunk-ABC",
]
const whole = [
  "package.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "THIRD_PARTY_NOTICES.md",
  "docs/errors.md",
  "docs/images/login.png",
  ...modules.flatMap((name) => [`${name}.js`, `${name}.js.map`, `${name}.d.ts`]),
].map((path) => ({ path, size: 1000 }))

const without = (path: string) => whole.filter((file) => file.path !== path)
const and = (path: string, size = 1) => [...whole, { path, size }]

describe("the contents of the tarball", () => {
  test("are the modules with types and maps, the documents, the licence and the notices", () => {
    expect(problemsWithContents(whole)).toEqual([])
  })

  test.each(["LICENSE", "THIRD_PARTY_NOTICES.md", "CHANGELOG.md", "dist/index.d.ts", "dist/cli/main.js.map"])(
    "are incomplete without %s",
    (path) => {
      expect(problemsWithContents(without(path))).toHaveLength(1)
    },
  )

  test.each([
    "src/index.ts",
    "test/a.test.ts",
    "dist/a.test.ts",
    "scripts/pack.ts",
    ".env",
    "docs/page.html",
  ])("may not include %s", (path) => {
    expect(problemsWithContents(and(path))).toEqual([`${path} does not belong in the package`])
  })

  test("include no map without its module", () => {
    expect(problemsWithContents(and("dist/gone.js.map"))).toEqual([
      "dist/gone.js.map is the map of no module",
    ])
  })

  test("are bounded in number and size", () => {
    expect(problemsWithContents(and("docs/long.md", limits.bytes))[0]).toMatch(/bytes are more than/)
    const many = Array.from({ length: limits.files }, (_, at) => ({ path: `docs/${at}.md`, size: 1 }))
    expect(problemsWithContents([...whole, ...many])[0]).toMatch(/files are more than/)
  })
})

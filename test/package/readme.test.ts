import { describe, expect, test, vi } from "vitest"
import { listDocuments, readDocument, regionOf, withQuotes } from "../../scripts/documents.ts"
import { manifest } from "../../scripts/entries.ts"
import { runProgram } from "../../src/cli/program.ts"
import { errorCodes } from "../../src/errors/index.ts"

const documents = listDocuments().map((path) => ({ path, text: readDocument(path) }))
const readme = readDocument("README.md")

/** What `homeroom … --help` prints, here instead of in twenty processes. */
async function helpOf(...command: string[]): Promise<{ code: number; stdout: string }> {
  let stdout = ""
  // The program hears of a reader that goes away; here it would be one more listener each time.
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "on").mockReturnValue(stream)
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  try {
    const code = await runProgram({ arguments: [...command, "--help"], version: "1" })
    return { code, stdout }
  } finally {
    vi.restoreAllMocks()
  }
}

describe("examples in the documents", () => {
  test.each(documents)("$path quotes its examples as they are (node scripts/documents.ts)", ({ text }) => {
    expect(withQuotes(text)).toBe(text)
  })

  test("an import takes less than ten lines, and they are the example's", () => {
    const code = regionOf(readDocument("examples/nightly-sync/index.ts"), "sync")
    expect(readme).toContain(`\n\`\`\`ts\n${code}\n\`\`\`\n`)
    expect(code.split("\n").filter((line) => line !== "").length).toBeLessThan(10)
  })

  test("a login takes less than fifteen lines, and they are the example's", () => {
    const code = regionOf(readDocument("examples/express-login/index.ts"), "login")
    expect(readme).toContain(`\n\`\`\`ts\n${code}\n\`\`\`\n`)
    expect(code.split("\n").length).toBeLessThan(15)
  })

  test("a region is every part of that name, and nothing else, without the indentation that its lines share", () => {
    const text = [
      "a",
      "// #region x",
      "  b",
      "// #endregion",
      "c",
      "// #region x",
      "d",
      "// #endregion",
    ].join("\n")
    expect(regionOf(text, "x")).toBe("b\n\nd")
    const inside = ["  // #region x", "  if (a) {", "", "    b", "  }", "  // #endregion"].join("\n")
    expect(regionOf(inside, "x")).toBe("if (a) {\n\n  b\n}")
    expect(() => regionOf(text, "y")).toThrow("no whole region y")
    expect(() => regionOf("// #region x\nb", "x")).toThrow("no whole region x")
  })
})

describe("commands in the documents", () => {
  test("two commands do all the set-up", () => {
    expect(readme).toMatch(/^npm ci && npm run demo\b/m)
    expect(readme).toMatch(/^npm ci && npm test\b/m)
  })

  test("every npm script that is named exists", () => {
    const names = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = ""]) => ({ path, name })),
    )
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter(({ name }) => manifest.scripts[name] === undefined)).toEqual([])
  })

  test("every command and option of homeroom that is named exists", async () => {
    const named = new Map<string, Set<string>>()
    for (const { text } of documents) {
      for (const [, name = "", rest = ""] of text.matchAll(
        /(?:^|`|; | -- )homeroom ([a-z]+)\b([^`\n#]*)/gm,
      )) {
        const options = named.get(name) ?? new Set()
        for (const [option] of rest.matchAll(/--[a-z][\w-]*/g)) options.add(option)
        named.set(name, options)
      }
    }
    expect(named.size).toBeGreaterThan(6)
    for (const [name, options] of named) {
      const { code, stdout } = await helpOf(name)
      expect({ name, code }).toEqual({ name, code: 0 })
      expect(
        [...options].filter((option) => !stdout.includes(option)),
        name,
      ).toEqual([])
    }
  })

  test("every environment variable and error code that is named exists", async () => {
    const { stdout: help } = await helpOf()
    const examples = readDocument("examples/support/sign-in.ts")
    const known = (word: string) =>
      word in errorCodes ||
      help.includes(word) ||
      examples.includes(word) ||
      ["HOMEROOM_TEST_SEED", "HOMEROOM_TEST_POSTGRES_URL", "HOMEROOM_CLUSTER", "DISTRICT_ID"].includes(word)
    const words = documents.flatMap(({ path, text }) =>
      [
        ...text.matchAll(
          /\b(?:CLEVER|HOMEROOM|STORAGE|CONNECTION|SYNC|LEASE|RUN|PLAN|DISTRICT)_[A-Z_]*[A-Z]\b/g,
        ),
      ].map(([word]) => ({ path, word })),
    )
    expect(words.filter(({ word }) => !known(word))).toEqual([])
  })
})

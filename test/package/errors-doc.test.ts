import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { root } from "../../scripts/entries.ts"
import { anchorOf, errorsDocPath, renderErrorsDoc } from "../../scripts/generate-errors-doc.ts"
import { errorCodes, HomeroomError } from "../../src/errors/index.ts"

const codes = Object.keys(errorCodes) as (keyof typeof errorCodes)[]

test("docs/errors.md is what src/errors/codes/ says (npm run docs:errors)", () => {
  expect(readFileSync(errorsDocPath, "utf8")).toBe(renderErrorsDoc())
})

test("every error links to a section that exists", () => {
  const text = readFileSync(errorsDocPath, "utf8")
  for (const code of codes) {
    expect(new HomeroomError(code).docs).toBe(`docs/errors.md#${anchorOf(code)}`)
    expect(text).toContain(`<a id="${anchorOf(code)}"></a>\n## ${code}\n`)
  }
})

/** The text of the files, without what only compares with a code or is a type. */
function textOf(pattern: string): string {
  const files = globSync(pattern, { cwd: root }).filter(
    (file) => !file.startsWith(join("src", "errors", "codes")) && !import.meta.filename.endsWith(file),
  )
  const texts = files.map((file) => readFileSync(join(root, file), "utf8"))
  return texts.join("\n").replace(/(?:[!=]==|case|[|<]) "[A-Z_]+"/g, "")
}

test("every error code is thrown, or told of a login, somewhere in src", () => {
  const sources = textOf("src/**/*.ts")
  expect(codes.filter((code) => !sources.includes(`"${code}"`))).toEqual([])
})

test("every error code is expected by a test", () => {
  const tests = textOf("test/**/*.ts")
  expect(codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(tests))).toEqual([])
})

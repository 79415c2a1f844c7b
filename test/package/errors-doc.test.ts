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

test("every error code is thrown somewhere in src", () => {
  const sources = globSync("src/**/*.{ts,tsx}", { cwd: root })
    .filter((file) => !file.startsWith(join("src", "errors", "codes")))
    .map((file) => readFileSync(join(root, file), "utf8"))
    .join("\n")
  expect(codes.filter((code) => !sources.includes(`"${code}"`))).toEqual([])
})

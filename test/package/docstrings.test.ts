import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import ts from "typescript"
import { afterEach, expect, test } from "vitest"
import { docstringProblems } from "../../scripts/docstrings/check.ts"

const errorClass =
  "export class HomeroomError { constructor(readonly code: string, readonly options = {}) {} }"
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** What the check says of a source whose codes are `GONE`, `STORE_FULL` and `STORE_AWAY`. */
function problemsIn(source: string): string[] {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "homeroom-docstrings-")))
  folders.push(root)
  const sources = join(root, "src")
  mkdirSync(sources)
  writeFileSync(join(sources, "index.ts"), `${errorClass}\n${source}`)
  return docstringProblems({
    root,
    sources,
    entries: [join(sources, "index.ts")],
    compilerOptions: { noLib: true, module: ts.ModuleKind.NodeNext, allowImportingTsExtensions: true },
    codes: ["GONE", "STORE_FULL", "STORE_AWAY"],
  })
}

test("a function that throws says which code", () => {
  const body = `export function take(): void { throw new HomeroomError("GONE") }`
  expect(problemsIn(`/** Takes. */ ${body}`)).toEqual(["src/index.ts:2 take can throw GONE"])
  expect(problemsIn(`/** Takes. Throws \`GONE\`. */ ${body}`)).toEqual([])
})

test("so does one that calls a function that throws, however deep", () => {
  const inner = `function fail(): never { throw new HomeroomError("GONE") }
    class Box { open(): void { fail() } }`
  const outer = "export const take = (): void => new Box().open()"
  expect(problemsIn(`${inner}\n/** Takes. */ ${outer}`)).toEqual([
    "src/index.ts:4 take can throw GONE (through open, fail)",
  ])
  expect(problemsIn(`${inner}\n/** Takes. Never throws. */ ${outer}`)).toEqual([])
})

test("a code that there is not is told of, whoever names it", () => {
  expect(problemsIn("/** Throws `LOST`. */ function take(): void {}")).toEqual([
    "src/index.ts names LOST, which is no error code",
  ])
  expect(problemsIn("/** Rejects with `STORE_…` codes. */ function take(): void {}")).toEqual([])
  expect(problemsIn("/** Rejects with `SHOP_…` codes. */ function take(): void {}")).toEqual([
    "src/index.ts names SHOP_…, which is no error code",
  ])
})

test("an interface's method throws as its docstring says", () => {
  const store = "/** Every method rejects with a `STORE_…` code. */ interface Store { read(): void }"
  const take = "export function take(store: Store): void { store.read() }"
  expect(problemsIn(`${store}\n${take}`)).toEqual([
    "src/index.ts:3 take can throw as read does (through read)",
  ])
  expect(problemsIn(`${store}\n/** Throws as {@link Store.read} does. */ ${take}`)).toEqual([])
})

test("what a class says of every method covers those codes, and no others", () => {
  const shop = (docstring: string) =>
    `/** Every method rejects with \`STORE_FULL\`. */
    export class Shop {
      fill(): void { throw new HomeroomError("STORE_FULL") }
      /** ${docstring} */ take(): void { throw new HomeroomError("GONE") }
    }`
  expect(problemsIn(shop("Takes."))).toEqual(["src/index.ts:5 Shop.take can throw GONE"])
  expect(problemsIn(shop("Throws `GONE`."))).toEqual([])
})

test("without a docstring of its own, a method has the one of what it implements", () => {
  const store = "/** A store. */ interface Store {\n/** Throws `GONE`. */ read(): void }"
  const shop = `export class Shop implements Store { read(): void { throw new HomeroomError("GONE") } }`
  expect(problemsIn(`${store}\n${shop}`)).toEqual([])
})

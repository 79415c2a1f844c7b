import assert from "node:assert/strict"
import { maxDepth } from "../../../src/clever/byte-lexer.ts"
import { PageScanner, type ScannedPage, scanPadding } from "../../../src/clever/page-scanner.ts"
import { readJsonTree } from "../../../src/models/json-tree.ts"
import { bytes, type Fuzzer, text } from "../engine/fuzzer.ts"
import { outcome } from "../engine/outcome.ts"
import { encoded, jsonWords, parsed } from "../support/json-inputs.ts"
import { recordPage } from "../support/page-inputs.ts"
import { modelPage } from "../support/page-model.ts"

/** Answers are kept in memory that is used again: what an earlier one left behind the end must not matter. */
function scan(input: Uint8Array): ScannedPage {
  const buffer = new Uint8Array(input.length + scanPadding).fill(0x7d)
  buffer.set(input)
  return new PageScanner().scan(buffer, input.length)
}

function recordsOf(input: Uint8Array, { count, starts, ends }: ScannedPage): string[] {
  return Array.from({ length: count }, (_, at) => text(input.subarray(starts[at], ends[at])))
}

/** Whether a value's lists and objects are no deeper than the scanner goes. */
function isShallow(json: string): boolean {
  return (json.match(/[[{]/g)?.length ?? 0) < maxDepth
}

/** Whether the list or the links stand twice: the scanner may refuse the first before it sees the last. */
function repeatsList(json: string): boolean {
  const answer = readJsonTree(json)
  const names = answer?.type === "object" ? answer.members.map(({ name }) => name) : []
  return ["data", "links"].some((name) => names.indexOf(name) !== names.lastIndexOf(name))
}

export const pages: Fuzzer = {
  name: "pages",
  inputs: encoded(recordPage),
  words: jsonWords,
  properties: {
    "finds in a page the records, ids and link that JSON.parse finds": (input) => {
      const json = text(input).replace(/^\ufeff/, "")
      const answer = parsed(json)
      const { value: page } = outcome(() => scan(input))
      if (answer === undefined) return
      const model = modelPage(answer[0])
      if (page === undefined) {
        assert.ok(model === undefined || !isShallow(json) || repeatsList(json), "a listing is refused")
        return
      }
      assert.ok(model !== undefined, "what is no listing is taken")
      assert.deepEqual(page.ids.slice(0, page.count), model.ids)
      assert.equal(page.next, model.next)
      const records = recordsOf(input, page).map((record) => JSON.parse(record) as unknown)
      assert.deepEqual(records, model.records)
    },
    "refuses a page that is torn off anywhere": (input) => {
      const { value: page } = outcome(() => scan(input))
      if (page === undefined) return
      const end = Buffer.from(input).lastIndexOf(0x7d)
      const step = Math.max(1, Math.floor(end / 25))
      for (let length = end; length > 0; length -= step) {
        const torn = outcome(() => scan(input.subarray(0, length)))
        assert.equal(torn.code, "CLEVER_BODY_INVALID", "a torn page is taken")
      }
    },
    "gives records that lie one after the other inside the answer, in lists that grow with it": (input) => {
      const { value: page } = outcome(() => scan(input))
      if (page === undefined) return
      let last = 0
      for (let at = 0; at < page.count; at++) {
        const [start = -1, end = -1] = [page.starts[at], page.ends[at]]
        assert.ok(last <= start && start < end && end <= input.length, "the places are out of order")
        last = end
      }
      assert.ok(page.starts.length <= Math.max(1_024, 2 * input.length), "the lists are too long")
    },
    "leaves the answer as it is": (input) => {
      const buffer = new Uint8Array(input.length + scanPadding)
      buffer.set(input)
      outcome(() => new PageScanner().scan(buffer, input.length))
      assert.equal(Buffer.compare(buffer.subarray(0, input.length), input), 0)
    },
  },
  growing: {
    "many records": (size) => list("{}", size),
    "many links": (size) => bytes(`{"links":[${repeat('{"rel":"x"},', size)}{}],"data":[]}`),
    "backslashes and quotation marks": (size) => bytes(`{"data":[{"data":{"x":"${repeat('\\"', size)}"}}]}`),
    "backslashes alone": (size) => bytes(`{"data":[{"data":{"x":"${repeat("\\\\", size)}"}}]}`),
    "keys that may be id": (size) => bytes(`{"data":[{"data":{${repeat('"\\\\":1,', size)}"a":1}}]}`),
    "records in records": (size) => bytes(`{"data":[${repeat('{"data":{"\\u0069d":"a"}},', size)}{}]}`),
    "many lists": (size) => bytes(`{${repeat('"data":[{}],', size)}"data":[]}`),
    "brackets that do not end": (size) => bytes(`{"data":[${repeat("[[],", size)}`),
    spaces: (size) => bytes(`{"data":[${repeat("{ } , ", size)}{}]}`),
    "one long word": (size) => bytes(`{"data":[${repeat("a", size)}]}`),
  },
}

function repeat(part: string, size: number): string {
  return part.repeat(Math.ceil(size / part.length))
}

function list(item: string, size: number): Uint8Array {
  return bytes(`{"data":[${repeat(`${item},`, size)}{}]}`)
}

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { maxDepth } from "../../src/clever/byte-lexer.ts"
import { PageScanner } from "../../src/clever/page-scanner.ts"
import { isHomeroomError } from "../../src/errors/index.ts"
import { idPattern } from "../../src/models/index.ts"
import { hasRecordings, readRecording } from "../models/recordings.ts"

interface Found {
  ids: (string | undefined)[]
  records: unknown[]
  next: string | null
}

const scanner = new PageScanner()

function scan(text: string | Uint8Array, options?: { otherKey?: string }): Found {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text
  const page = scanner.scan(bytes, bytes.length, options)
  const records: unknown[] = []
  for (let index = 0; index < page.count; index++) {
    records.push(JSON.parse(Buffer.from(bytes.slice(page.starts[index], page.ends[index])).toString()))
  }
  return { ids: page.ids.slice(0, page.count), records, next: page.next }
}

function failure(text: string | Uint8Array, options?: { otherKey?: string }): string {
  try {
    scan(text, options)
  } catch (error) {
    return isHomeroomError(error) ? error.code : `not ours: ${error}`
  }
  return "accepted"
}

const space = fc.constantFrom("", "", "", " ", "\n", "\r\n\t", "  ")

/** A JSON text of a string, with some of its letters escaped. */
const stringText = fc
  .tuple(
    fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.string({ maxLength: 12, unit: "binary" }),
      fc.constantFrom("id", "data", '\\"', "\\", '"', "}{]["),
    ),
    fc.nat(),
  )
  .map(([text, choice]) => {
    if (choice % 3 !== 0) return JSON.stringify(text)
    const escaped = Array.from(
      { length: text.length },
      (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`,
    )
    return `"${escaped.join("")}"`
  })

const { valueText } = fc.letrec((tie) => ({
  valueText: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    stringText,
    fc.constantFrom("null", "true", "false", "0", "-1.5e+3", "12", "{}", "[]"),
    fc
      .tuple(space, fc.array(fc.tuple(tie("valueText") as fc.Arbitrary<string>, space), { maxLength: 3 }))
      .map(([gap, items]) => `[${gap}${items.map(([item, after]) => item + after).join(",")}]`),
    fc
      .tuple(
        space,
        fc.array(fc.tuple(stringText, space, tie("valueText") as fc.Arbitrary<string>, space), {
          maxLength: 3,
        }),
      )
      .map(([gap, members]) => objectText(gap, members)),
  ),
})) as { valueText: fc.Arbitrary<string> }

type Member = readonly [string, string, string, string]

function objectText(gap: string, members: readonly Member[]): string {
  return `{${members.map(([key, between, value, after]) => `${gap}${key}${between}:${between}${value}${after}`).join(",")}${gap}}`
}

const idText = fc.oneof(
  fc
    .string({ minLength: 24, maxLength: 24, unit: fc.constantFrom(..."0123456789abcdef") })
    .map((id) => `"${id}"`),
  fc.constantFrom('"\\u0061b"', '"é"', '""', "null", "5", "{}", '["x"]', '"a\\"b"'),
)
const idKey = fc.constantFrom('"id"', '"id"', '"id"', '"\\u0069d"', '"i\\u0064"')

const recordText = fc
  .tuple(
    space,
    fc.array(fc.oneof(fc.tuple(stringText, space, valueText, space), fc.tuple(idKey, space, idText, space)), {
      maxLength: 5,
    }),
  )
  .map(([gap, members]) => objectText(gap, members))

interface Item {
  text: string
  form: "uri" | "links" | "bare" | "single"
}

const itemText: fc.Arbitrary<Item> = fc
  .tuple(
    recordText,
    fc.constantFrom("uri", "links", "bare", "single", "first"),
    space,
    fc.constantFrom('"data"', '"d\\u0061ta"'),
  )
  .map(([record, form, gap, key]): Item => {
    const data: Member = [key, gap, record, gap]
    const uri: Member = ['"uri"', gap, '"/v3.0/users/from-uri"', gap]
    const links: Member = [
      '"links"',
      gap,
      '[{"rel":"next"},{"rel":"self","uri":"/v3.0/users/from-uri?x=/y"}]',
      gap,
    ]
    if (form === "uri") return { text: objectText(gap, [data, uri]), form }
    if (form === "first") return { text: objectText(gap, [uri, data]), form: "uri" }
    if (form === "links") return { text: objectText(gap, [data, links]), form }
    if (form === "bare") return { text: objectText(gap, [data]), form }
    return { text: record, form: "single" }
  })

const pageText = fc
  .tuple(
    space,
    fc.array(itemText, { maxLength: 6 }),
    fc.constantFrom("none", "next", "self", "null"),
    fc.boolean(),
    stringText,
    valueText,
  )
  .map(([gap, items, links, linksFirst, otherKey, otherValue]) => {
    const list: Member = [
      '"data"',
      gap,
      `[${gap}${items.map(({ text }) => text).join(`${gap},${gap}`)}${gap}]`,
      gap,
    ]
    const members: Member[] = [list]
    // A key by chance called "data" would count instead of the list.
    const other = JSON.parse(otherKey) as string
    if (other !== "data" && other !== "links") members.push([otherKey, gap, otherValue, gap])
    const linkTexts = {
      next: '[{"rel":"self","uri":"/a"},{"uri":"/v3.0/users?x=\\u00e9","rel":"next"}]',
      self: '[{"rel":"self","uri":"/a"}]',
      null: "null",
    }
    if (links !== "none")
      members[linksFirst ? "unshift" : "push"](['"links"', gap, linkTexts[links as "next"], gap])
    return {
      text: gap + objectText(gap, members) + gap,
      items,
      next: links === "next" ? "/v3.0/users?x=é" : null,
    }
  })

/** What JSON.parse makes of the page: the scanner must see the same. */
function expected(page: { text: string; items: Item[]; next: string | null }): Found {
  const items = (JSON.parse(page.text) as { data: Record<string, unknown>[] }).data
  const records: unknown[] = []
  const ids: (string | undefined)[] = []
  for (const [index, item] of items.entries()) {
    const { form } = page.items[index] as Item
    const inner = item.data as { id?: unknown } | undefined
    const isRecordWithData =
      form === "single" &&
      !(
        typeof inner === "object" &&
        inner !== null &&
        !Array.isArray(inner) &&
        (!isText(item.id) || isText(inner.id))
      )
    const record = form === "single" && isRecordWithData ? item : inner
    const id = (record as { id?: unknown }).id
    records.push(record)
    ids.push(
      isText(id) && idPattern.test(id) ? id : form === "uri" || form === "links" ? "from-uri" : undefined,
    )
  }
  return { ids, records, next: page.next }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== ""
}

describe("the page scanner sees what JSON.parse sees", () => {
  it("in any page, however it is written", () => {
    fc.assert(
      fc.property(pageText, (page) => {
        fc.pre(!page.items.some(({ form, text }) => form === "single" && /uri|links|\\u/.test(text)))
        expect(scan(page.text)).toEqual(expected(page))
      }),
      { numRuns: 500 },
    )
  })

  it("in any page with any one byte more room, in a buffer with other bytes around it", () => {
    fc.assert(
      fc.property(pageText, fc.nat({ max: 12 }), (page, room) => {
        const bytes = new TextEncoder().encode(page.text)
        const buffer = new Uint8Array(bytes.length + room).fill(0x5d)
        buffer.set(bytes)
        const found = scanner.scan(buffer, bytes.length)
        expect(found.count).toBe(page.items.length)
      }),
    )
  })

  it("S10 and a page torn off anywhere is refused", () => {
    fc.assert(
      fc.property(pageText, (page) => {
        const bytes = new TextEncoder().encode(page.text.trimEnd())
        for (let length = 0; length < bytes.length; length++)
          expect(failure(bytes.slice(0, length))).toBe("CLEVER_BODY_INVALID")
      }),
      { numRuns: 40 },
    )
  })

  it("in the recorded pages", (context) => {
    if (!hasRecordings) context.skip("the recordings are not beside this project")
    for (const [name, count] of [
      ["users", 2_098],
      ["sections", 378],
      ["districts", 1],
    ] as const) {
      const text = readRecording(`demo-district/v3.0-${name}.json`)
      const items = (JSON.parse(text) as { data: { data: { id: string } }[] }).data
      const found = scan(text)
      expect(found.ids).toHaveLength(count)
      expect(found.ids).toEqual(items.map(({ data }) => data.id))
      expect(found.records).toEqual(items.map(({ data }) => data))
      expect(found.next).toBeNull()
    }
  })
})

describe("S8 ids and wrapping", () => {
  it.each([
    ["the last of two ids", '{"id":"a","id":"b"}', "b"],
    ["no id of an inner object", '{"name":{"id":"x"},"list":[{"id":"y"}]}', "u"],
    ["no text that happens to be called id", '{"name":"id","sis_id":"x"}', "u"],
    ["the address where the id is no text", '{"id":"a","id":5}', "u"],
    ["the address where the id is empty", '{"id":""}', "u"],
    ["an escaped key", '{"\\u0069d":"a"}', "a"],
    ["an escaped id", '{"id":"\\u0061"}', "a"],
    ["the address where the id has other letters", '{"id":"é"}', "u"],
    ["an id after a text that ends in a backslash", '{"name":"\\\\","id":"a"}', "a"],
  ])("%s", (_name, record, id) => {
    expect(scan(`{"data":[{"data":${record},"uri":"/v3.0/users/u"}]}`).ids).toEqual([id])
  })

  it("S9 a record that is no JSON, with an escaped id, is left to whoever parses it", () => {
    const bytes = new TextEncoder().encode(
      '{"data":[{"data":{"id":"\\x"}},{"data":{"\\u0069d":"a","name":tru},"uri":"/v3.0/users/u"},{"data":{"id":"b"}}]}',
    )
    const { ids, count } = scanner.scan(bytes, bytes.length)
    expect(ids.slice(0, count)).toEqual([undefined, "u", "b"])
  })

  it("an address that names no id is no id", () => {
    for (const uri of ['"/v3.0/users/"', '"a b"', "5", "null", "[]", "{}"]) {
      expect(scan(`{"data":[{"data":{},"uri":${uri}}]}`).ids).toEqual([undefined])
    }
  })

  it("items that are no objects are records without id", () => {
    expect(scan('{"data":[null,5,"x",[{"id":"a"}],{"data":null,"uri":"/users/u"},{"data":[]}]}')).toEqual({
      ids: [undefined, undefined, undefined, undefined, "u", undefined],
      records: [null, 5, "x", [{ id: "a" }], { data: null, uri: "/users/u" }, { data: [] }],
      next: null,
    })
  })

  it("records and events without their wrapping", () => {
    const event = { id: "e", type: "users.created", data: { object: { id: "a" } } }
    expect(scan(JSON.stringify({ data: [event, { data: event }, { id: "r" }] }))).toEqual({
      ids: ["e", "e", "r"],
      records: [event, event, { id: "r" }],
      next: null,
    })
  })

  it("more records than fit at first, and fewer afterwards", () => {
    const data = Array.from({ length: 5_000 }, (_, index) => ({ data: { id: `id${index}` } }))
    expect(scan(JSON.stringify({ data })).ids).toEqual(data.map((item) => item.data.id))
    expect(scan('{"data":[{"id":"a"}]}').ids).toEqual(["a"])
  })

  it("resources, which may come without `data`", () => {
    expect(scan('{"resources": []}', { otherKey: "resources" })).toEqual({ ids: [], records: [], next: null })
    expect(scan('{"data":[{"id":"a"}],"resources":[]}', { otherKey: "resources" }).ids).toEqual(["a"])
    expect(scan('{"resources":[],"data":[{"id":"a"}]}', { otherKey: "resources" }).ids).toEqual(["a"])
    expect(failure('{"resources": []}')).toBe("CLEVER_BODY_INVALID")
  })

  it("a byte order mark", () => {
    expect(scan('\ufeff{"data":[]}').ids).toEqual([])
  })
})

describe("S10 what is no complete listing is refused", () => {
  it.each([
    ["nothing", ""],
    ["blanks", "  "],
    ["HTML", "<!DOCTYPE html><html><body>Cannot GET</body></html>"],
    ["null", "null"],
    ["a list", "[]"],
    ["no data", '{"links":[]}'],
    ["an empty object", "{}"],
    ["data that is an object", '{"data":{}}'],
    ["data that is null", '{"data":null}'],
    ["data inside another key", '{"result":{"data":[]}}'],
    ["two answers", '{"data":[]}{"data":[]}'],
    ["a bracket too many", '{"data":[]}}'],
    ["a bracket too few", '{"data":[{"data":{"id":"a"}]}'],
    ["crossed brackets", '{"data":[{"data":{"x":[}]}}]}'],
    ["a comma too many", '{"data":[{"data":{}},]}'],
    ["a comma too many in an item", '{"data":[{"data":{},}]}'],
    ["a comma too few", '{"data":[{"data":{}}{"data":{}}]}'],
    ["a colon too few", '{"data"[]}'],
    ["a word that is no JSON", '{"data":[nil]}'],
    ["a key without quotes", "{data:[]}"],
    ["links that are no list", '{"data":[],"links":{"next":"/x"}}'],
    ["a next link that is no text", '{"data":[],"links":[{"rel":"next","uri":5}]}'],
    ["an error", '{"error":"Resource not found"}'],
  ])("%s", (_name, text) => {
    expect(failure(text)).toBe("CLEVER_BODY_INVALID")
  })

  it("brackets nested without end", () => {
    const nested = (depth: number) => `{"data":[{"data":{"x":${"[".repeat(depth)}${"]".repeat(depth)}}}]}`
    expect(scan(nested(maxDepth - 1)).ids).toEqual([undefined])
    expect(failure(nested(maxDepth))).toBe("CLEVER_BODY_INVALID")
    expect(failure(nested(200_000))).toBe("CLEVER_BODY_INVALID")
  })

  it("without quoting the answer", () => {
    try {
      scan('{"data":[{"email":bob@example.com}]}')
      scan('{"data":[bob@example.com]}')
      expect.unreachable()
    } catch (error) {
      expect(`${(error as Error).stack} ${JSON.stringify(error)} ${(error as Error).cause}`).not.toContain(
        "bob",
      )
    }
  })
})

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalFingerprint } from "../../src/models/index.ts"
import { type Kind, kinds } from "../../src/models/kinds.ts"
import { parseRecord, recordSchemas } from "../../src/models/parse-record.ts"
import { RecordBytes, type RecordReading, readRecord } from "../../src/models/read-record.ts"
import { recordKeys } from "../../src/models/record-keys.ts"
import { generateDistrict } from "../../src/simulator/generate/generate-district.ts"
import { hasRecordings, recordedObjects } from "./recordings.ts"
import { fullValue, odd, placesOf, withValueAt } from "./whole-records.ts"

const districtId = "4fd43cc56d11340000000005"

/** Reads a text that stands somewhere in a page. */
function read(kind: Kind, text: string | Uint8Array, before = "[{", after = "}]"): RecordReading | undefined {
  const bytes = Buffer.from(text)
  const page = Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)])
  const start = Buffer.byteLength(before)
  const end = start + bytes.length
  return readRecord(
    kind,
    { bytes: new RecordBytes(page), start, end, text: page.toString("utf8", start, end) },
    { districtId },
  )
}

/** What the long way comes to; undefined where it refuses the record or takes another one in its place. */
function lookedAtInFull(kind: Kind, text: string): RecordReading | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const result = parseRecord(kind, value, { districtId })
  if (!result.ok || result.record !== value) return undefined
  const { record } = result
  return { id: record.id, canonical: canonicalFingerprint(value), keys: recordKeys(kind, record) }
}

/** A record with everything in it that the schema names. */
function fullRecord(kind: Kind): Record<string, unknown> {
  const value = fullValue(recordSchemas[kind]) as Record<string, unknown> & { roles?: { other?: unknown } }
  delete value.roles?.other
  if (kind === "district") return { ...value, id: districtId }
  return { ...value, id: "58da8a43cc70ab00017a1a87", district: districtId }
}

/** The same JSON with its members the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}

describe("a record read from its bytes (S8, S11)", () => {
  it.each(kinds)("is what it is to the parser, for a %s with any value in any place", (kind) => {
    const full = fullRecord(kind)
    expect(read(kind, JSON.stringify(full))).toEqual(lookedAtInFull(kind, JSON.stringify(full)))
    expect(read(kind, JSON.stringify(full))).toBeDefined()
    let readings = 0
    let refused = 0
    for (const path of placesOf(full)) {
      for (const put of odd) {
        const text = JSON.stringify(withValueAt(full, path, put)) ?? "null"
        const reading = read(kind, text)
        // A record that it does not read is looked at in full: that may only be one out of the ordinary.
        if (reading === undefined) refused++
        else expect({ path, put, reading }).toEqual({ path, put, reading: lookedAtInFull(kind, text) })
        if (reading !== undefined) readings++
        else if (String(path) !== "roles") {
          expect({ path, put, full: lookedAtInFull(kind, text) }).toEqual({ path, put })
        }
      }
    }
    expect(readings).toBeGreaterThan(20)
    expect(refused).toBeGreaterThan(20)
  })

  it.each(kinds)("is the same in any order and with spaces anywhere, for a %s", (kind) => {
    const full = fullRecord(kind)
    const expected = read(kind, JSON.stringify(full))?.canonical
    expect(expected).toBeDefined()
    for (const text of [
      JSON.stringify(reversed(full)),
      JSON.stringify(full),
      JSON.stringify(full, null, "\t"),
      JSON.stringify(reversed(full), null, 3).replaceAll("\n", "\r\n"),
      JSON.stringify(full).replaceAll(":", " : ").replaceAll(",", " , "),
    ]) {
      expect(read(kind, text)).toEqual(lookedAtInFull(kind, text))
      expect(read(kind, text)?.canonical).toBe(expected)
    }
  })

  it("has texts with escapes, of any script and of any length as the parser has them", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 12 }),
          fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
          fc.string({ unit: "grapheme", maxLength: 6 }),
          fc.constantFrom("\ud800", "\u0000", '"', "\\", "é", "😀", "\u007f", "\u0080", "a\u0000", "abc\n"),
        ),
        fc.boolean(),
        (value, isEscaped) => {
          const record = {
            id: "a1",
            district: districtId,
            name: value,
            ext: { [value]: [value, { x: value }] },
            sis_id: value,
            school: value,
            students: [value, "b"],
          }
          const plain = JSON.stringify(record)
          const text = isEscaped
            ? plain.replaceAll(
                /[^\\ -~]/g,
                (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
              )
            : plain
          const reading = read("section", text)
          if (reading !== undefined) expect(reading).toEqual(lookedAtInFull("section", text))
          const { ext: _, ...known } = record
          expect(read("section", JSON.stringify(known))).toEqual(
            lookedAtInFull("section", JSON.stringify(known)),
          )
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it.each([
    "1",
    "-0",
    "0",
    "10",
    "1e3",
    "1E+3",
    "1.50",
    "-1.5e-7",
    "123456789012345678901234567890",
    "1e999",
  ])("has the number %s as the parser has it", (number) => {
    const text = `{"id":"a1","district":"${districtId}","ext":{"x":${number},"y":[${number}]}}`
    expect(read("section", text)).toEqual(lookedAtInFull("section", text))
    expect(read("section", text)).toBeDefined()
  })

  it.each([
    "{",
    `{"id":"a1"`,
    `{"id":"a1",}`,
    `{,"id":"a1"}`,
    `{"id" "a1"}`,
    `{"id":"a1" "x":1}`,
    `{"id":"a1","x":[1,]}`,
    `{"id":"a1","x":[,1]}`,
    `{"id":"a1","x":[1 2]}`,
    `{"id":"a1","x":01}`,
    `{"id":"a1","x":1.}`,
    `{"id":"a1","x":+1}`,
    `{"id":"a1","x":-}`,
    `{"id":"a1","x":tru}`,
    `{"id":"a1","x":truee}`,
    `{"id":"a1","x":NaN}`,
    `{"id":"a1","x":undefined}`,
    `{"id":"a1","x":}`,
    `{"id":"a1","x":"\\x"}`,
    `{"id":"a1","x":"\\u00g0"}`,
    `{"id":"a1","x":"a\nb"}`,
    `{"id":"a1","x":"\u0001"}`,
    `{"id":"a1","x":"abc`,
    `{"id":"a1","x":"abc\\"`,
    `{"id":"a1",x:1}`,
    `{"id":"a1",'x':1}`,
    `{"id":"a1"}}`,
    `{"id":"a1"}x`,
    `{"id":"a1","x":{]}`,
    `{"id":"a1","x":[}}`,
    `[]`,
    `"a"`,
    ` {"id":"a1"}`,
    "",
  ])("is left to the parser where it is no JSON: %s", (wrong) => {
    const text = wrong.replace(`"id":"a1"`, `"id":"a1","district":"${districtId}"`)
    expect(read("section", text)).toBeUndefined()
    expect(read("section", text, "", "")).toBeUndefined()
  })

  it("is left to the parser where a key comes twice, on whatever level and in whatever words", () => {
    const [open, close] = [`{"id":"a1","district":"${districtId}"`, "}"]
    for (const twice of [
      `,"name":"a","name":"b"`,
      `,"name":"a","\\u006eame":"b"`,
      `,"id":"a2"`,
      `,"lms_status":{"x":1,"x":2}`,
      `,"ext":{"a":{"b":1},"c":2,"a":3}`,
      `,"ext":{"a":{"a":1},"a":3}`,
      `,"ext":{"a":[{"a":1},{"a":1,"a":1}]}`,
      `,"lms_status":{"lms_status":1},"lms_status":null`,
    ]) {
      expect(read("section", open + twice + close)).toBeUndefined()
    }
    const once = `,"ext":{"a":{"a":1,"b":[{"a":1},{"a":2}]},"b":{"a":{"a":3}}}`
    expect(read("section", open + once + close)).toEqual(lookedAtInFull("section", open + once + close))
  })

  it("never throws and never reads what the parser does not, whatever the bytes", () => {
    const texts = kinds.map((kind) => [kind, JSON.stringify(fullRecord(kind))] as const)
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("put", "cut", "add", "end")), {
          minLength: 1,
          maxLength: 3,
        }),
        ([kind, text], edits) => {
          let bytes: Uint8Array = Buffer.from(text)
          for (const [number, code, edit] of edits) {
            const at = number % (bytes.length + 1)
            const rest = edit === "end" ? [] : [...bytes.subarray(edit === "add" ? at : at + 1)]
            const middle = edit === "put" || edit === "add" ? [code] : []
            bytes = Uint8Array.from([...bytes.subarray(0, at), ...middle, ...rest])
          }
          const reading = read(kind, bytes)
          if (reading === undefined) return
          expect(reading).toEqual(lookedAtInFull(kind, Buffer.from(bytes).toString("utf8")))
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it("is left to the parser where it has a role that Clever does not know", () => {
    const text = JSON.stringify({ id: "a1", district: districtId, roles: { janitor: { school: 5 } } })
    expect(read("user", text)).toBeUndefined()
  })

  it.each(kinds)("is left to the parser where it has keys of another kind: %s", (kind) => {
    for (const other of kinds) {
      const record = { ...fullRecord(other), id: kind === "district" ? districtId : "a1" }
      const reading = read(kind, JSON.stringify(record))
      if (reading !== undefined) expect(reading).toEqual(lookedAtInFull(kind, JSON.stringify(record)))
    }
  })

  it("belongs to the district, and has an id of the usual form", () => {
    const record = (fields: object): string => JSON.stringify({ id: "a1", district: districtId, ...fields })
    expect(read("section", record({}))).toBeDefined()
    for (const wrong of [{ district: "x" }, { district: null }, { id: "a b" }, { id: "" }, { id: 5 }]) {
      expect(read("section", record(wrong))).toBeUndefined()
    }
    expect(read("district", JSON.stringify({ id: districtId }))).toBeDefined()
    expect(read("district", JSON.stringify({ id: "a1", district: districtId }))).toBeUndefined()
  })

  it("is left to the parser where it is nested more deeply than any page may be", () => {
    const nested = (depth: number): string =>
      `{"id":"a1","district":"${districtId}","ext":{"x":${"[".repeat(depth)}${"]".repeat(depth)}}}`
    expect(read("section", nested(400))).toEqual(lookedAtInFull("section", nested(400)))
    expect(read("section", nested(400))).toBeDefined()
    expect(read("section", nested(200_000))).toBeUndefined()
  })

  it("is read where no byte follows it, and where there are more keys than are kept", () => {
    const record = { id: "a1", district: districtId, school: "b" }
    const text = JSON.stringify(record)
    const bytes = Buffer.from(text)
    expect(
      readRecord(
        "section",
        { bytes: new RecordBytes(bytes), start: 0, end: bytes.length, text },
        { districtId },
      )?.id,
    ).toBe("a1")
    for (let index = 0; index < 3_000; index++) {
      const many = JSON.stringify({ ...record, ext: { [`key ${index}`]: "x" } })
      const reading = read("section", many)
      if (reading === undefined) continue
      expect(reading).toEqual(lookedAtInFull("section", many))
    }
    expect(read("section", text)).toEqual(lookedAtInFull("section", text))
  })

  it("is every record of a generated district", () => {
    const district = generateDistrict({ users: 300, schools: 2, sections: 40, mix: "students" })
    let count = 0
    for (const kind of kinds) {
      for (const record of district.records(kind)) {
        const own = { ...record, ...(kind === "district" ? { id: districtId } : { district: districtId }) }
        const text = JSON.stringify(own)
        const reading = read(kind, text)
        expect(reading).toBeDefined()
        expect(reading).toEqual(lookedAtInFull(kind, text))
        count++
      }
    }
    expect(count).toBeGreaterThan(340)
  })

  it("is every recorded record of Clever", (context) => {
    if (!hasRecordings) context.skip("the recordings are not beside this project")
    const objects = recordedObjects()
    expect(objects.length).toBeGreaterThan(2_700)
    let unread = 0
    for (const { source, kind, value } of objects) {
      const record = { ...value, ...(kind === "district" ? { id: districtId } : { district: districtId }) }
      const text = JSON.stringify(record)
      const reading = read(kind, text)
      if (reading === undefined) unread++
      else expect(reading, source).toEqual(lookedAtInFull(kind, text))
    }
    expect(unread).toBe(0)
  })
})

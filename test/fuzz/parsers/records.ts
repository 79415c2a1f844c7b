import assert from "node:assert/strict"
import fc from "fast-check"
import { canonicalJson } from "../../../src/models/canonical-json.ts"
import { canonicalFingerprint } from "../../../src/models/fingerprint.ts"
import { type JsonNode, readJsonTree } from "../../../src/models/json-tree.ts"
import { kinds } from "../../../src/models/kinds.ts"
import { type ParseRecordResult, parseRecord } from "../../../src/models/parse-record.ts"
import { RecordBytes, readRecord } from "../../../src/models/read-record.ts"
import { recordKeys } from "../../../src/models/record-keys.ts"
import { type Fuzzer, personal, text } from "../engine/fuzzer.ts"
import {
  encoded,
  idText,
  isObject,
  jsonText,
  jsonWords,
  objectWith,
  parsed,
  personalText,
} from "../support/json-inputs.ts"

const ids = fc.constantFrom('["a","b"]', "[]", '""', "null", "[null]")
const role = objectWith({ sis_id: personalText, schools: ids, school: idText, enrollments: jsonText })

const recordText = objectWith({
  id: idText,
  district: fc.constantFrom('"d1"', '"d1"', '"d2"'),
  name: fc.oneof(personalText, objectWith({ first: personalText, last: personalText })),
  email: personalText,
  roles: objectWith({ student: role, teacher: role, staff: role }),
  students: ids,
  teachers: ids,
  school: idText,
  term_id: idText,
  ext: jsonText,
  location: objectWith({ city: personalText, lat: fc.constant('"1.5"') }),
  last_modified: fc.constant('"2026-09-01T06:00:00.000Z"'),
})

/** JSON.parse goes deeper than a recursion can; pages hold nothing that is nested more than 500 times. */
function shallowValue(input: Uint8Array): [unknown] | undefined {
  const json = text(input)
  return (json.match(/[[{]/g)?.length ?? 0) < 500 ? parsed(json) : undefined
}

export const records: Fuzzer = {
  name: "records",
  inputs: encoded(recordText),
  words: [...jsonWords, '"d1"', '"ext":{}', '"last_modified":1', '"sis_id":5'],
  properties: {
    "is taken as it is, empties aside, or refused without a person's data": (input) => {
      const value = shallowValue(input)
      if (value === undefined) return
      for (const kind of kinds) {
        const result: ParseRecordResult = parseRecord(kind, value[0], { districtId: "d1" })
        if (result.ok) assert.equal(canonicalJson(result.record), canonicalJson(value[0]))
        else assert.ok(!`${result.reason} ${result.path}`.includes(personal), "a reason tells personal data")
      }
    },
    "is read from its bytes as the parser has it, or not at all": (input) => {
      const bytes = new RecordBytes(input)
      for (const kind of kinds) {
        const source = { bytes, start: 0, end: input.length, text: text(input) }
        const reading = readRecord(kind, source, { districtId: "d1" })
        if (reading === undefined) continue
        const value = JSON.parse(text(input))
        const result: ParseRecordResult = parseRecord(kind, value, { districtId: "d1" })
        assert.ok(result.ok && result.record === value, "a record was read that is refused")
        const { record } = result
        const full = { id: record.id, canonical: canonicalFingerprint(value), keys: recordKeys(kind, record) }
        assert.deepEqual(reading, full)
      }
    },
    "has one canonical form, whatever the order of its keys": (input) => {
      const value = shallowValue(input)
      if (value === undefined || /[eE]\d|\d{300}/.test(text(input))) return
      const canonical = canonicalJson(value[0])
      assert.equal(canonicalJson(JSON.parse(canonical)), canonical)
      assert.equal(canonicalJson(reversed(value[0])), canonical)
      assert.equal(canonicalFingerprint(reversed(value[0])), canonicalFingerprint(value[0]))
    },
    "has its values where the tree of its text says": (input) => {
      const value = shallowValue(input)
      const json = text(input)
      const tree = value === undefined ? undefined : readJsonTree(json)
      if (tree !== undefined) assert.deepEqual(valueAt(tree, json), value?.[0])
    },
  },
}

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (!isObject(value)) return value
  const members = Object.entries(value).reverse()
  // Not by assignment: a key may be called __proto__.
  return Object.fromEntries(members.map(([key, inner]) => [key, reversed(inner)]))
}

function valueAt(node: JsonNode, json: string): unknown {
  if (node.type === "text") return node.text
  if (node.type === "list") return node.items.map((item) => valueAt(item, json))
  if (node.type === "other") return JSON.parse(json.slice(node.start, node.end))
  return Object.fromEntries(node.members.map(({ name, value }) => [name, valueAt(value, json)]))
}

import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  canonicalFingerprint,
  canonicalJson,
  isSameContent,
  rawFingerprint,
  schemaVersion,
} from "../../src/models/index.ts"

describe("the fingerprint of a record's bytes", () => {
  it("is the schema version and 128 bits of SHA-256", () => {
    const bytes = Buffer.from('{"id":"é"}')
    const digest = createHash("sha256").update(bytes).digest("base64url").slice(0, 22)
    expect(rawFingerprint(bytes)).toBe(schemaVersion.toString(36) + digest)
  })

  it("tells one byte's difference, and takes only the bytes of the view", () => {
    const page = Buffer.from("xx{a}yy{b}")
    expect(rawFingerprint(page.subarray(2, 5))).toBe(rawFingerprint(Buffer.from("{a}")))
    expect(rawFingerprint(page.subarray(2, 5))).not.toBe(rawFingerprint(page.subarray(7, 10)))
  })
})

describe("the fingerprint of a record's content (S11)", () => {
  const leaf = fc.oneof(
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom("", null, [], {}, true, false, 0, 1, "0", "1", "true", "null", "\u0000", "a", "a\u0000"),
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "ab", "roles", "last_modified", "id"), tie("value"), {
        maxKeys: 4,
      }),
    ),
  }))
  const record = fc.dictionary(fc.constantFrom("id", "name", "roles", "last_modified", "x"), value, {
    maxKeys: 5,
  })

  it("is the same exactly if the canonical form is", () => {
    fc.assert(
      fc.property(record, record, (one, other) => {
        const isSame = canonicalJson(one) === canonicalJson(other)
        expect(isSameContent(canonicalFingerprint(one), canonicalFingerprint(other))).toBe(isSame)
      }),
      { numRuns: 3_000 },
    )
  })

  it("does not depend on the order of keys, and is wholly the same only with the same stamps and empties", () => {
    const one = canonicalFingerprint({
      id: "a",
      name: { first: "x", last: "y" },
      last_modified: "1",
      email: "",
    })
    expect(
      canonicalFingerprint({ email: "", last_modified: "1", name: { last: "y", first: "x" }, id: "a" }),
    ).toBe(one)
    for (const rest of [
      { last_modified: "2", email: "" },
      { last_modified: "1" },
      { last_modified: "1", email: null },
    ]) {
      const other = canonicalFingerprint({ id: "a", name: { first: "x", last: "y" }, ...rest })
      expect(other).not.toBe(one)
      expect(isSameContent(other, one)).toBe(true)
    }
  })

  it("depends on the order of lists, on types and on where a value stands", () => {
    const different = [
      { s: ["a", "b"] },
      { s: ["b", "a"] },
      { s: ["ab"] },
      { s: [["a"], "b"] },
      { s: [["a", "b"]] },
      { s: "ab" },
      { s: "a", b: "b" },
      { s: { a: "b" } },
      { s: { b: "a" } },
      { s: 1 },
      { s: "1" },
      { s: true },
      { s: "true" },
      { s: [null] },
      { s: {} },
      {},
    ]
    expect(new Set(different.map(canonicalFingerprint)).size).toBe(different.length)
  })

  it("meets no two alike among 200,000 that differ little", () => {
    const seen = new Set<string>()
    for (let index = 0; index < 200_000; index++) {
      const id = index.toString(16).padStart(24, "0")
      const date = `${(index % 12) + 1}/${(index % 28) + 1}/${2000 + (index % 20)}`
      const record = { id, sis_id: String(index), roles: { student: { dob: date, sis_id: String(index) } } }
      seen.add(canonicalFingerprint(record).slice(0, -8))
    }
    expect(seen.size).toBe(200_000)
  })

  it("is the same for a key met for the first time and later, whichever of many keys it is", () => {
    const records = Array.from({ length: 5_000 }, (_, index) => ({ ext: { [`field ${index}`]: "x" } }))
    const first = records.map(canonicalFingerprint)
    expect(new Set(first).size).toBe(records.length)
    expect(records.map(canonicalFingerprint)).toEqual(first)
  })
})

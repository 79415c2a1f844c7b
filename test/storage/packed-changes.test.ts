import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { StagedChange } from "../../src/storage/contract.ts"
import { actionCode, kindCode } from "../../src/storage/sql/codes.ts"
import { ContentMemory } from "../../src/storage/sql/content-memory.ts"
import { lookupWords } from "../../src/storage/sqlite/lookup-word.ts"
import { type PackedChanges, packChanges, unpackChanges } from "../../src/storage/sqlite/packed-changes.ts"

function contentChange(id: string, data: string, people: string[] = []): StagedChange {
  const keys = { roles: ["student"], schools: ["5a", "School 1"], sisIds: [], people }
  return { action: "create", kind: "user", id, data, raw: `raw ${id}`, canonical: `canonical ${id}`, keys }
}

/** What comes out at the other end. */
function unpacked(packed: PackedChanges): unknown[] {
  return [...unpackChanges(packed)].map(({ data, ...change }) => ({
    ...change,
    data: data === null ? null : Buffer.from(data).toString(),
  }))
}

function expected(change: StagedChange): object {
  const { action, kind, id } = change
  const keys = "keys" in change ? change.keys : undefined
  return {
    kind: kindCode(kind),
    action: actionCode(action),
    id,
    raw: "raw" in change ? change.raw : "",
    canonical: "canonical" in change ? change.canonical : "",
    people: lookupWords(keys?.people ?? []),
    schools: lookupWords(keys?.schools ?? []),
    roles: lookupWords(keys?.roles ?? []),
    sisIds: lookupWords(keys?.sisIds ?? []),
    reason: action === "reject" ? change.reason : null,
    path: action === "reject" ? change.path : null,
    data: "data" in change && change.data !== "" ? change.data : null,
  }
}

describe("changes on their way to the thread that writes", () => {
  it("arrive as they were, whatever stands in them", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 30 })
    const change = fc.oneof(
      fc
        .tuple(text, fc.array(text, { maxLength: 3 }))
        .map(([data, people]) => contentChange("a", data, people)),
      fc.constant<StagedChange>({ action: "archive", kind: "section", id: "b" }),
      fc.constant<StagedChange>({ action: "unchanged", kind: "term", id: "c" }),
      text.map(
        (data): StagedChange => ({ action: "reject", kind: "user", id: "d", reason: "r", path: "p", data }),
      ),
    )
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        expect(unpacked(packChanges(changes, new ContentMemory()))).toEqual(changes.map(expected))
      }),
    )
  })

  it("have room where a character takes several bytes, and lend no memory twice", () => {
    for (const sign of ["a", "é", "漢", "😀"]) {
      const memory = new ContentMemory()
      const changes = Array.from({ length: 400 }, (_, index) =>
        contentChange(`id${index}`, (index < 300 ? "x" : sign).repeat(1_000)),
      )
      // The first lies in its memory until the second is packed as well.
      const packed = [changes, changes.toReversed()].map((batch) => packChanges(batch, memory))
      const [first, second] = packed.map(unpacked)
      expect(first).toEqual(changes.map(expected))
      expect(second).toEqual(changes.map(expected).toReversed())
    }
  })
})

describe("a word of the lookup index", () => {
  it.each([
    [[], ""],
    [["5a0b"], "5a0b"],
    [["5a", "b6"], "5a b6"],
    [["Student"], "x53747564656e74"],
    [["a b", "1"], "x612062 1"],
    [["", "1"], "x 1"],
    [["é"], "xc3a9"],
  ])("keeps what is of letters and digits, and spells out the rest: %j", (values, words) => {
    expect(lookupWords(values)).toBe(words)
  })
})

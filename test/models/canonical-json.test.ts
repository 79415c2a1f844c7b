import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson, diffRecords, isEmptyValue } from "../../src/models/index.ts"

const key = fc.oneof(
  fc.constantFrom(
    "id",
    "name",
    "roles",
    "student",
    "last_modified",
    "ext",
    "a.b",
    "__proto__",
    "10",
    "9",
    "",
  ),
  fc.string({ maxLength: 6, unit: "binary" }),
)
const leaf = fc.oneof(
  fc.string({ maxLength: 8, unit: "binary" }),
  fc.constantFrom(null, "", true, false, 0, 1, -1.5, 1e21),
)
const { value, object } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
})) as { value: fc.Arbitrary<unknown>; object: fc.Arbitrary<Record<string, unknown>> }

/** The value as JSON text with the keys of each object in another order. */
function shuffled(item: unknown, random: () => number): string {
  if (Array.isArray(item)) return `[${item.map((entry) => shuffled(entry, random)).join(",")}]`
  if (typeof item !== "object" || item === null) return JSON.stringify(item)
  const members = Object.entries(item).map(
    ([name, inner]) => `${JSON.stringify(name)}:${shuffled(inner, random)}`,
  )
  for (let index = members.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    ;[members[index], members[other]] = [members[other] as string, members[index] as string]
  }
  return `{${members.join(",")}}`
}

/** The value with the empty fields of each object dropped or said in another way. */
function saidOtherwise(item: unknown, pick: () => number): unknown {
  if (Array.isArray(item)) return item.map((entry) => saidOtherwise(entry, pick))
  if (typeof item !== "object" || item === null) return item
  const members: [string, unknown][] = []
  for (const [name, inner] of Object.entries(item)) {
    if (!isEmptyValue(inner)) members.push([name, saidOtherwise(inner, pick)])
    else if (pick() < 0.75) members.push([name, [null, "", []][Math.floor(pick() * 3)]])
  }
  return fromMembers(members)
}

/** `Object.fromEntries` by way of JSON, so that `__proto__` becomes a key like any other. */
function fromMembers(members: readonly [string, unknown][]): unknown {
  return JSON.parse(
    `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${JSON.stringify(inner)}`).join(",")}}`,
  )
}

const asParsed = (item: unknown): unknown => JSON.parse(JSON.stringify(item))

describe("S11 canonical form", () => {
  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(
        object,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (item, stream) => {
          const random = () => stream.next().value as number
          expect(canonicalJson(JSON.parse(shuffled(item, random)))).toBe(canonicalJson(asParsed(item)))
        },
      ),
    )
  })

  it("S8 does not depend on how nothing is said", () => {
    fc.assert(
      fc.property(
        object,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (item, stream) => {
          const pick = () => stream.next().value as number
          expect(canonicalJson(saidOtherwise(item, pick))).toBe(canonicalJson(asParsed(item)))
        },
      ),
    )
  })

  it("depends on everything else", () => {
    fc.assert(
      fc.property(object, key, value, value, (item, name, first, second) => {
        fc.pre(name !== "last_modified" && name !== "roles")
        const one = canonicalJson(
          fromMembers([...Object.entries(item).filter(([k]) => k !== name), [name, first]]),
        )
        const two = canonicalJson(
          fromMembers([...Object.entries(item).filter(([k]) => k !== name), [name, second]]),
        )
        const same =
          (isEmptyValue(first) && isEmptyValue(second)) || canonicalJson([first]) === canonicalJson([second])
        expect(one === two).toBe(same)
      }),
    )
  })

  it("is JSON that says the same", () => {
    fc.assert(
      fc.property(object, (item) => {
        const text = canonicalJson(asParsed(item))
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(diffRecords(asParsed(item) as object, JSON.parse(text))).toEqual([])
      }),
    )
  })

  it("leaves last_modified out of the record and its roles, and of nothing else", () => {
    const record = (stamp: string) => ({
      id: "a",
      last_modified: stamp,
      roles: { student: { last_modified: stamp, grade: "1" } },
    })
    expect(canonicalJson(record("1"))).toBe('{"id":"a","roles":{"student":{"grade":"1"}}}')
    expect(canonicalJson(record("1"))).toBe(canonicalJson(record("2")))
    for (const inner of [
      (stamp: string) => ({ ext: { last_modified: stamp } }),
      (stamp: string) => ({ roles: { last_modified: stamp } }),
      (stamp: string) => ({ roles: { student: { ext: { last_modified: stamp } } } }),
      (stamp: string) => ({ list: [{ last_modified: stamp }] }),
    ]) {
      expect(canonicalJson(inner("1"))).not.toBe(canonicalJson(inner("2")))
    }
  })

  it("can leave out other keys, or none", () => {
    const record = { id: "a", created: "1", last_modified: "2" }
    expect(canonicalJson(record, { omit: [] })).toBe('{"created":"1","id":"a","last_modified":"2"}')
    expect(canonicalJson(record, { omit: ["created", "last_modified"] })).toBe('{"id":"a"}')
  })

  it("keeps an empty role, and the order and empties of a list", () => {
    expect(canonicalJson({ roles: { student: {}, teacher: null } })).toBe('{"roles":{"student":{}}}')
    expect(canonicalJson({ a: ["2", "", null, "1"] })).toBe('{"a":["2","",null,"1"]}')
  })

  it("escapes what JSON escapes", () => {
    for (const text of ['"', "\\", "\n", "\u0000", "\ud800", "😀", "é", "\u2028"]) {
      expect(canonicalJson({ [text]: text })).toBe(JSON.stringify({ [text]: text }))
    }
  })

  it("sorts many keys as it sorts few", () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`k${(index * 7919) % 200}`, index + 1]),
    )
    expect(Object.keys(JSON.parse(canonicalJson(many)))).toEqual(Object.keys(many).sort())
  })
})

describe("diffRecords", () => {
  it("is empty exactly if the canonical form is the same", () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const [one, two] = [asParsed(before) as object, asParsed(after) as object]
        expect(diffRecords(one, two).length === 0).toBe(canonicalJson(one) === canonicalJson(two))
        expect(diffRecords(one, one)).toEqual([])
      }),
    )
  })

  it("names each field, lists as a whole and objects that come or go as one", () => {
    expect(
      diffRecords(
        {
          name: { first: "A", last: "B" },
          last_modified: "1",
          email: "",
          roles: { student: { schools: ["1", "2"], grade: "3", dob: "1/1/2010" }, teacher: { title: "T" } },
        },
        {
          last_modified: "2",
          name: { last: "B", first: "C" },
          email: null,
          roles: { student: { schools: ["2", "1"], grade: "3", ext: { "a.b": "x" } }, contact: {} },
        },
      ),
    ).toEqual([
      { path: "name.first", before: "A", after: "C" },
      { path: "roles.contact", before: undefined, after: {} },
      { path: "roles.student.dob", before: "1/1/2010", after: undefined },
      { path: "roles.student.ext", before: undefined, after: { "a.b": "x" } },
      { path: "roles.student.schools", before: ["1", "2"], after: ["2", "1"] },
      { path: "roles.teacher", before: { title: "T" }, after: undefined },
    ])
    expect(diffRecords({ ext: { "a.b": "x" } }, { ext: { "a.b": "y" } })[0]?.path).toBe('ext["a.b"]')
  })
})

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { formatFieldPath, parseFieldPath, valueAtPath } from "../../src/models/field-path.ts"
import { diffRecords } from "../../src/models/index.ts"
import { mergeOverrides, ownablePath } from "../../src/models/overrides.ts"

const key = fc.oneof(
  fc.constantFrom("name", "first", "ext", "a.b", "c[0]", 'd"e', "", "constructor", "toString", "é", "\\"),
  fc.string(),
)

describe("S19 paths of fields", () => {
  it("S19 every path that diffRecords writes leads to its field", () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), (keys) => {
        fc.pre(!keys.includes("__proto__"))
        const record = keys.reduceRight<unknown>((inner, name) => ({ [name]: inner }), "value")
        const [change] = diffRecords(record as object, {})
        // An object that went is one change, and so is its path: the first key.
        expect(parseFieldPath(change?.path ?? "")).toEqual(keys.slice(0, 1))
        expect(parseFieldPath(formatFieldPath(keys))).toEqual(keys)
        expect(valueAtPath(record, keys)).toBe("value")
        expect(valueAtPath(record, [...keys, "more"])).toBeUndefined()
      }),
    )
  })

  it.each([
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "a[0]",
    "a[b]",
    'a["b',
    "a]",
    '["a"]b',
    'a.["b"]',
    "__proto__",
    "a.__proto__.b",
    'a["__proto__"]',
  ])("S19 %j is no path", (path) => {
    expect(parseFieldPath(path)).toBeUndefined()
  })

  it("S19 inherited members are no fields", () => {
    expect(valueAtPath({}, ["constructor"])).toBeUndefined()
    expect(valueAtPath({}, ["toString"])).toBeUndefined()
    expect(valueAtPath(["a"], ["0"])).toBeUndefined()
    expect(valueAtPath(null, ["a"])).toBeUndefined()
  })

  it.each(["id", "id.x", "district", "district.name", "roles", "roles.student", 'roles["student"]', "a..b"])(
    "S19 %j is nobody's but Clever's",
    (path) => {
      expect(ownablePath(path)).toBeUndefined()
    },
  )

  it.each([
    ["name", ["name"]],
    ["roles.student.grade", ["roles", "student", "grade"]],
    ["district_contact.email", ["district_contact", "email"]],
  ])("S19 %j can be the app's", (path, keys) => {
    expect(ownablePath(path)).toEqual(keys)
  })
})

describe("S19 mergeOverrides", () => {
  const record = {
    id: "u",
    district: "d",
    name: { first: "A", last: "B" },
    email: "a@b",
    roles: { student: { grade: "4", schools: ["x", "y"] } },
  }

  it("S19 lays each value over the record, lists as a whole, and leaves the record itself alone", () => {
    const before = structuredClone(record)
    const merged = mergeOverrides(record, [
      { path: "name.first", value: "Ada" },
      { path: "email", value: null },
      { path: "roles.student.schools", value: ["z"] },
      { path: "roles.student.ext.bus", value: 7 },
    ])
    expect(merged).toEqual({
      id: "u",
      district: "d",
      name: { first: "Ada", last: "B" },
      email: null,
      roles: { student: { grade: "4", schools: ["z"], ext: { bus: 7 } } },
    })
    expect(record).toEqual(before)
    expect(mergeOverrides(record, [])).toBe(record)
  })

  it("S19 a part lies over the whole, in whatever order they are given", () => {
    const values = [
      { path: "name.first", value: "Ada" },
      { path: "name", value: { first: "X", last: "Y" } },
    ]
    for (const given of [values, values.toReversed()]) {
      expect(mergeOverrides(record, given).name).toEqual({ first: "Ada", last: "Y" })
    }
    // As given: the caller's list is not sorted under its hands.
    expect(values[0]?.path).toBe("name.first")
  })

  it.each([
    "id",
    "district",
    "roles",
    "roles.student",
    "roles.teacher.title",
    "email.domain",
    "roles.student.schools.x",
    "a..b",
  ])("S19 a value at %s has no effect", (path) => {
    expect(mergeOverrides(record, [{ path, value: "changed" }])).toEqual(record)
  })

  it("S19 where nothing stands, in whichever of Clever's ways, what a path leads through is made", () => {
    for (const nothing of [undefined, null, "", []]) {
      const merged = mergeOverrides({ ...record, name: nothing }, [{ path: "name.first", value: "Ada" }])
      expect(merged.name).toEqual({ first: "Ada" })
    }
    const without = { ...record, roles: { student: null } }
    expect(mergeOverrides(without, [{ path: "roles.student.grade", value: "5" }])).toEqual(without)
  })

  it("S19 no path reaches the prototype of anything", () => {
    for (const path of [
      "__proto__.polluted",
      "constructor.prototype.polluted",
      "name.__proto__.polluted",
      "toString.x",
    ]) {
      mergeOverrides(record, [{ path, value: "yes" }])
    }
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
    expect(Object.prototype.toString).not.toHaveProperty("x")
    const hostile = JSON.parse('{"__proto__":{"polluted":"yes"},"email":"x"}') as typeof record
    expect(
      (mergeOverrides(hostile, [{ path: "email", value: "y" }]) as { polluted?: string }).polluted,
    ).toBeUndefined()
  })
})

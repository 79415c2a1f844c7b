import { describe, expect, it } from "vitest"
import { diffRecords, type Kind, kinds, roles } from "../../src/models/index.ts"
import { parseRecord } from "../../src/models/parse-record.ts"

const districtId = "5a0c91b95c7cc000010d417c"
const id = "5a25ffb0c1bc2a00360003ed"

function parse(kind: Kind, fields: Record<string, unknown>) {
  return parseRecord(kind, { id, district: districtId, ...fields }, { districtId })
}

describe("S9 what is rejected, why and where", () => {
  it.each([
    ["a text", "x"],
    ["null", null],
    ["a list", []],
    ["nothing", undefined],
    ["a number", 5],
  ])("%s is no record", (_name, value) => {
    expect(parseRecord("user", value, { districtId })).toEqual({
      ok: false,
      id: null,
      reason: "not-an-object",
      path: "",
    })
  })

  it.each([
    ["absent", undefined, "id-missing"],
    ["null", null, "id-missing"],
    ["empty", "", "id-missing"],
    ["a number", 7, "type: expected string"],
    ["longer than 64", "a".repeat(65), "id-invalid"],
    ["with a blank", "Bob Ross", "id-invalid"],
    ["with a slash", "../users", "id-invalid"],
  ])("an id that is %s", (_name, badId, reason) => {
    for (const kind of kinds)
      expect(parse(kind, { id: badId })).toEqual({ ok: false, id: null, reason, path: "id" })
  })

  it.each([
    ["absent", undefined, "district-missing"],
    ["null", null, "district-missing"],
    ["empty", "", "district-missing"],
    ["a number", 7, "type: expected string"],
    ["another district", "58da8a43cc70ab00017a1a87", "district-mismatch"],
  ])("a district that is %s", (_name, district, reason) => {
    for (const kind of kinds) {
      if (kind === "district") continue
      expect(parse(kind, { district })).toEqual({ ok: false, id, reason, path: "district" })
    }
  })

  it("a district must be the district itself", () => {
    expect(parseRecord("district", { id: districtId }, { districtId }).ok).toBe(true)
    expect(parseRecord("district", { id }, { districtId })).toEqual({
      ok: false,
      id,
      reason: "district-mismatch",
      path: "id",
    })
  })

  const wrongTypes: [Kind, Record<string, unknown>, string, string][] = [
    ["user", { name: 5 }, "name", "object"],
    ["user", { email: 5 }, "email", "string"],
    ["user", { email: ["a"] }, "email", "string"],
    ["user", { roles: ["student"] }, "roles", "object"],
    ["user", { roles: { student: true } }, "roles.student", "object"],
    ["user", { roles: { student: { schools: "x" } } }, "roles.student.schools", "array"],
    ["user", { roles: { student: { schools: [id, 5] } } }, "roles.student.schools[1]", "string"],
    [
      "user",
      { roles: { contact: { student_relationships: [{ student: 1 }] } } },
      "roles.contact.student_relationships[0].student",
      "string",
    ],
    ["user", { roles: { staff: { ext: "x" } } }, "roles.staff.ext", "object"],
    ["user", { lms_status: { synced_in_lms: "Y" } }, "lms_status.synced_in_lms", "boolean"],
    ["section", { students: "x" }, "students", "array"],
    ["section", { teachers: [null] }, "teachers[0]", "string"],
    ["school", { location: { zip: 10459 } }, "location.zip", "string"],
    ["term", { start_date: 20210901 }, "start_date", "string"],
    ["course", { number: {} }, "number", "string"],
  ]
  it.each(wrongTypes)("a %s with %j", (kind, fields, path, expected) => {
    expect(parse(kind, fields)).toEqual({ ok: false, id, reason: `type: expected ${expected}`, path })
  })

  it("tells nothing of the record's content", () => {
    const result = parse("user", { name: "Bob Ross", email: { home: "bob@example.com" } })
    expect(result.ok).toBe(false)
    expect(JSON.stringify(result)).not.toMatch(/bob/i)
  })
})

describe("S8 what is accepted", () => {
  it("nearly nothing", () => {
    for (const kind of kinds)
      expect(parseRecord(kind, { id: districtId, district: districtId }, { districtId }).ok).toBe(true)
  })

  it("unknown keys and words, kept in the very object given", () => {
    const value = {
      id,
      district: districtId,
      pronouns: "xe",
      roles: { student: { gender: "Z", grade: "14", shoe_size: 41 }, alumna: { year: 2020 } },
    }
    const before = structuredClone(value)
    const result = parseRecord("user", value, { districtId })
    expect(result.ok && result.record).toBe(value)
    expect(value).toEqual(before)
  })

  it.each([
    ["null", null],
    ["an empty text", ""],
    ["an empty list", []],
  ])("%s for any field, text, list or object", (_name, empty) => {
    const role = {
      school: empty,
      schools: empty,
      enrollments: empty,
      ext: empty,
      location: empty,
      roles: empty,
    }
    const result = parse("user", {
      email: empty,
      name: empty,
      lms_status: empty,
      roles: Object.fromEntries(roles.map((name) => [name, { ...role, student_relationships: empty }])),
    })
    expect(result.ok).toBe(true)
    expect(parse("user", { roles: empty }).ok).toBe(true)
    expect(parse("section", { students: empty, teachers: empty, teacher: empty, lms_status: empty }).ok).toBe(
      true,
    )
    expect(parse("school", { location: empty, principal: empty, ext: empty }).ok).toBe(true)
  })

  it("an empty of another sort turns into null in a copy, which changes nothing", () => {
    const value = { id, district: districtId, students: "", lms_status: [], name: "Math" }
    const result = parseRecord("section", value, { districtId })
    expect(result.ok && result.record).toEqual({ ...value, students: null, lms_status: null })
    expect(value.students).toBe("")
    expect(result.ok && diffRecords(value, result.record)).toEqual([])
  })

  it("an empty of another sort does not hide a wrong type", () => {
    expect(parse("section", { students: "", teachers: "x" })).toMatchObject({ ok: false, path: "teachers" })
  })

  it("malformed e-mail addresses, contacts without a first name, teachers without a school", () => {
    expect(parse("user", { email: "not an address" }).ok).toBe(true)
    expect(parse("user", { name: { last: "Kim Lee" }, roles: { contact: {} } }).ok).toBe(true)
    expect(parse("user", { roles: { teacher: { schools: [] }, district_admin: {} } }).ok).toBe(true)
  })
})

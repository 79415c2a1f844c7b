import { describe, expect, it } from "vitest"
import type { Kind } from "../../../src/models/kinds.ts"
import type { Scope } from "../../../src/models/scope.ts"
import { compileScope, type ScopeVerdict } from "../../../src/roster/scope/compiled-scope.ts"
import { codeOf } from "../../support/roster-world.ts"

const excluded = "5f0000000000000000000001"
const other = "5f0000000000000000000002"

function judge(scope: Scope, kind: Kind, value: unknown): ScopeVerdict {
  const compiled = compileScope(scope)
  if (compiled === undefined) throw new Error("no scope")
  return compiled.judge(kind, value)
}

/** What is kept; the verdict's word where nothing is. */
function kept(scope: Scope, kind: Kind, value: unknown): unknown {
  const verdict = judge(scope, kind, value)
  if (verdict.state !== "in") return verdict.state === "out" ? verdict.reason : verdict.state
  // The text is what gets stored.
  expect(JSON.parse(verdict.text ?? JSON.stringify(value))).toEqual(verdict.value)
  return verdict.value
}

const student = { id: "s", district: "d", name: { first: "A", last: "B" }, email: "a@b" }
const pupil = (schools: string[]) => ({
  ...student,
  roles: { student: { school: schools[0], schools, grade: "4" } },
})

describe("S18 whether there is a scope", () => {
  it.each<[string, Scope | undefined]>([
    ["nothing given", undefined],
    ["nothing set", {}],
    ["no field list", { fields: {} }],
    ["nobody excluded", { exclude: [] }],
    ["all of it undefined", { kinds: undefined, fields: undefined, exclude: undefined }],
  ])("S18 %s is none", (_, scope) => {
    expect(compileScope(scope)).toBeUndefined()
  })

  it.each<[string, Scope]>([
    ["no kind", { kinds: [] }],
    ["no role", { roles: [] }],
    ["no school", { schools: [] }],
    ["an empty field list", { fields: { user: [] } }],
  ])("S18 %s is one", (_, scope) => {
    expect(compileScope(scope)).toBeDefined()
  })

  it("S18 the digest depends on what is kept, and not on the order in which it is written", () => {
    const scope: Scope = {
      kinds: ["user", "school"],
      roles: ["student", "teacher"],
      schools: ["a", "b"],
      fields: { user: ["email", "name"], student: ["grade"] },
      exclude: ["x", "y"],
    }
    const same: Scope = {
      exclude: ["y", "x", "y"],
      fields: { student: ["grade"], user: ["name", "email"] },
      schools: ["b", "a"],
      roles: ["teacher", "student"],
      kinds: ["school", "user"],
    }
    const digest = (one: Scope) => compileScope(one)?.digest
    expect(digest(same)).toBe(digest(scope))
    const others: Scope[] = [
      { ...scope, kinds: ["user"] },
      { ...scope, roles: ["student"] },
      { ...scope, schools: ["a"] },
      { ...scope, fields: { user: ["email", "name"] } },
      { ...scope, fields: { user: ["email"], student: ["grade"] } },
      { ...scope, exclude: ["x"] },
      { ...scope, kinds: undefined },
      { kinds: ["user"] },
      { roles: [] },
      { schools: [] },
      { fields: { user: [] } },
    ]
    expect(new Set([scope, ...others].map(digest)).size).toBe(others.length + 1)
  })

  it("S18 the same bytes have another raw fingerprint in every scope", () => {
    const bytes = Buffer.from('{"id":"s"}')
    const raw = (scope: Scope) => compileScope(scope)?.fingerprint(bytes)
    expect(raw({ roles: ["student"] })).toBe(raw({ roles: ["student"] }))
    expect(raw({ roles: ["student"] })).not.toBe(raw({ roles: ["teacher"] }))
  })
})

describe("S18 kinds", () => {
  it("S18 only these are kept, and the district always", () => {
    const scope: Scope = { kinds: ["school"] }
    expect(kept(scope, "school", { id: "a" })).toEqual({ id: "a" })
    expect(kept(scope, "user", student)).toBe("kind")
    expect(kept(scope, "district", { id: "d" })).toEqual({ id: "d" })
  })
})

describe("S18 roles", () => {
  const both = { ...student, roles: { teacher: { title: "T" }, staff: { title: "S" } } }

  it("S18 of a person only these are kept, and the rest as it was sent", () => {
    expect(kept({ roles: ["teacher"] }, "user", both)).toEqual({
      ...student,
      roles: { teacher: { title: "T" } },
    })
    expect(judge({ roles: ["teacher", "staff"] }, "user", both)).toEqual({
      state: "in",
      value: both,
      text: undefined,
    })
  })

  it.each<[string, unknown, string]>([
    ["none of them", { contact: {} }, "roles"],
    ["an empty one", { student: null }, "roles"],
    ["no role", {}, "roles"],
    ["no roles", undefined, "roles"],
    ["an empty list of roles", [], "roles"],
    ["a role of another name", { principal: { title: "P" } }, "roles"],
    ["roles of another type", "student", "unknown"],
  ])("S18 somebody with %s is out", (_, roles, word) => {
    expect(kept({ roles: ["student"] }, "user", { ...student, roles })).toBe(word)
  })

  it("S18 a section keeps its people: an id alone does not tell whose it is", () => {
    const section = { id: "c", district: "d", students: ["s"], teachers: ["t"] }
    expect(judge({ roles: ["teacher"] }, "section", section)).toMatchObject({
      value: section,
      text: undefined,
    })
  })
})

describe("S18 schools", () => {
  const scope: Scope = { schools: ["a", "b"] }

  it.each<[string, Kind, unknown, boolean | string]>([
    ["a school", "school", { id: "a" }, true],
    ["another school", "school", { id: "z" }, "schools"],
    ["a school without an id", "school", { name: "a" }, "unknown"],
    ["a section", "section", { id: "1", school: "b" }, true],
    ["a section of another", "section", { id: "1", school: "z" }, "schools"],
    ["a section of none", "section", { id: "1" }, "schools"],
    ["a section of who knows", "section", { id: "1", school: ["a"] }, "unknown"],
    ["a term", "term", { id: "1" }, true],
    ["a course", "course", { id: "1" }, true],
    ["a pupil there, and elsewhere", "user", pupil(["z", "a"]), true],
    ["a pupil elsewhere", "user", pupil(["z"]), "schools"],
    ["a pupil of no school", "user", pupil([]), "schools"],
    ["a pupil by the primary school alone", "user", { id: "s", roles: { student: { school: "a" } } }, true],
    ["staff there", "user", { id: "s", roles: { staff: { schools: ["b"] } } }, true],
    ["a district admin", "user", { id: "s", roles: { district_admin: {} } }, true],
    ["a contact", "user", { id: "s", roles: { contact: { student_relationships: [] } } }, "schools"],
    ["nobody in particular", "user", { id: "s" }, "schools"],
    [
      "a pupil with malformed schools",
      "user",
      { id: "s", roles: { student: { schools: { a: 1 } } } },
      "unknown",
    ],
    ["a malformed pupil", "user", { id: "s", roles: { student: "a" } }, "unknown"],
  ])("S18 %s", (_, kind, record, expected) => {
    expect(kept(scope, kind, record)).toEqual(expected === true ? record : expected)
  })

  it("S18 of somebody at several schools the roles at these are kept", () => {
    const person = {
      ...student,
      roles: { teacher: { schools: ["a"] }, staff: { schools: ["z"], title: "T" } },
    }
    expect(kept(scope, "user", person)).toEqual({ ...student, roles: { teacher: { schools: ["a"] } } })
    // A role that is left out brings nobody in.
    expect(kept({ ...scope, roles: ["staff"] }, "user", person)).toBe("schools")
  })
})

describe("S18 fields", () => {
  const full = {
    id: "s",
    district: "d",
    name: { first: "A", middle: "M", last: "B" },
    email: "a@b",
    created: "2020",
    new_key: { of: "Clever's" },
    roles: {
      student: {
        school: "a",
        schools: ["a"],
        grade: "4",
        dob: "1/1/2010",
        ext: { bus: "7", "a.b": "dotted", __proto__x: 1 },
        enrollments: [
          { school: "a", start_date: "1", end_date: "2" },
          { school: "b", end_date: "3" },
        ],
      },
      contact: { phone: "1", student_relationships: [{ student: "p", type: "Family", note: "n" }] },
    },
  }
  const { student: fullStudent } = full.roles

  it("S18 a list of a kind keeps these, the ids, and that somebody has a role, with its references", () => {
    expect(kept({ fields: { user: ["name.last"] } }, "user", full)).toEqual({
      id: "s",
      district: "d",
      name: { last: "B" },
      roles: {
        student: { school: "a", schools: ["a"] },
        contact: { student_relationships: [{ student: "p" }] },
      },
    })
  })

  it("S18 a list of a role keeps these of the role and leaves everything else as it is", () => {
    expect(
      kept({ fields: { student: ["grade", "enrollments.start_date", 'ext["a.b"]'] } }, "user", full),
    ).toEqual({
      ...full,
      roles: {
        ...full.roles,
        student: {
          school: "a",
          schools: ["a"],
          grade: "4",
          ext: { "a.b": "dotted" },
          // Of the second one nothing is left.
          enrollments: [{ start_date: "1" }],
        },
      },
    })
  })

  it("S18 lists of kind and role go together; a list of the user may name roles, too", () => {
    const scope: Scope = {
      fields: { user: ["email", "roles.student.dob"], student: ["grade"], contact: ["phone"] },
    }
    expect(kept(scope, "user", full)).toMatchObject({
      email: "a@b",
      roles: {
        student: { school: "a", schools: ["a"], grade: "4", dob: "1/1/2010" },
        contact: { phone: "1", student_relationships: [{ student: "p" }] },
      },
    })
    expect(kept(scope, "user", full)).not.toHaveProperty("roles.student.ext")
    expect(kept({ fields: { user: ["roles.student"] } }, "user", full)).toEqual({
      id: "s",
      district: "d",
      roles: { student: fullStudent, contact: { student_relationships: [{ student: "p" }] } },
    })
    expect(kept({ fields: { user: ["roles"] } }, "user", full)).toEqual({
      id: "s",
      district: "d",
      roles: full.roles,
    })
    expect(kept({ fields: { user: ["roles"], contact: [] } }, "user", full)).toMatchObject({
      roles: { student: fullStudent, contact: { student_relationships: [{ student: "p" }] } },
    })
  })

  it("S18 a role that Clever has added since keeps its schools under a list of the user, and all of it without", () => {
    const record = { ...student, roles: { principal: { schools: ["a"], secret: "x" } } }
    expect(kept({ fields: { user: [] } }, "user", record)).toEqual({
      id: "s",
      district: "d",
      roles: { principal: { schools: ["a"] } },
    })
    expect(kept({ fields: { student: [] } }, "user", record)).toEqual(record)
  })

  it("S18 kinds without a list are kept as they were sent", () => {
    const section = { id: "c", ext: { a: 1 } }
    expect(judge({ fields: { user: [] } }, "section", section)).toEqual({
      state: "in",
      value: section,
      text: undefined,
    })
  })

  it("S18 a section keeps whom and what it refers to, a district what says whether to trust it (S28)", () => {
    const section = {
      id: "c",
      district: "d",
      school: "a",
      course: "k",
      term_id: "t",
      teacher: "x",
      teachers: ["x"],
      students: ["y"],
      name: "N",
    }
    const { name: _, ...references } = section
    expect(kept({ fields: { section: [] } }, "section", section)).toEqual(references)
    const state = { id: "d", state: "paused", last_sync: "1", pause_start: "2", pause_end: "3" }
    expect(kept({ fields: { district: [] } }, "district", { ...state, name: "N", error: "E" })).toEqual(state)
  })

  it("S18 nothing stands where an id or a role belongs, or below a field, that is of another type", () => {
    const scope: Scope = { fields: { user: ["name.first"], student: ["location.city"], section: [] } }
    expect(
      kept(scope, "section", { id: "c", school: { is: "secret" }, students: ["y", { is: "secret" }] }),
    ).toEqual({
      id: "c",
      school: {},
      students: ["y", {}],
    })
    expect(
      kept(scope, "user", { id: "s", name: "secret", roles: { student: { location: "secret" } } }),
    ).toEqual({
      id: "s",
      roles: { student: {} },
    })
    expect(
      kept(scope, "user", { id: "s", name: ["secret"], roles: { student: "secret", contact: ["secret"] } }),
    ).toEqual({
      id: "s",
      name: [],
      roles: { student: 0, contact: 0 },
    })
    expect(kept(scope, "user", { id: "s", roles: "secret" })).toBe("unknown")
    expect(kept(scope, "user", { id: "s", name: null, roles: { student: null, contact: "" } })).toEqual({
      id: "s",
      name: null,
      roles: { student: null, contact: "" },
    })
  })

  it("S18 the text is canonical: as sent it could hold a key twice", () => {
    const verdict = judge({ fields: { school: ["name"] } }, "school", { id: "a", district: "d", name: "N" })
    expect(verdict).toMatchObject({ text: '{"id":"a","district":"d","name":"N"}' })
  })

  it("S18 a key called __proto__ is a key like others", () => {
    const record = JSON.parse(
      '{"id":"s","__proto__":{"admin":true},"roles":{"__proto__":{"x":1},"student":{}}}',
    )
    const verdict = judge({ fields: { user: ["name"] } }, "user", record)
    expect(verdict).toMatchObject({ text: '{"id":"s","roles":{"__proto__":{},"student":{}}}' })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it.each(["", "a..b", ".a", "a.", "a[0]", "a b[", "__proto__.x", 'ext["__proto__"]'])(
    "S18 %j is no path",
    async (path) => {
      expect(await codeOf((async () => compileScope({ fields: { student: [path] } }))())).toBe(
        "INVALID_OPTIONS",
      )
    },
  )
})

describe("S18 the exclusion list", () => {
  const scope: Scope = { exclude: [excluded, "short"] }

  it.each<Kind>(["school", "term", "course", "user", "section"])(
    "S18 leaves out a %s with the id",
    (kind) => {
      expect(kept(scope, kind, { id: excluded, district: "d" })).toBe("exclude")
      expect(kept(scope, kind, { id: other, district: "d" })).toEqual({ id: other, district: "d" })
      // It may be the one that is left out.
      expect(kept(scope, kind, { name: "x" })).toBe("unknown")
    },
  )

  it("S18 takes every mention of it out of other records", () => {
    expect(
      kept(scope, "section", {
        id: "c",
        district: "d",
        teacher: excluded,
        teachers: [excluded, other],
        students: [other, excluded, "short", "shorter"],
        ext: { note: `see ${excluded}!`, [excluded]: 1, deep: [[excluded], { a: { b: excluded } }] },
      }),
    ).toEqual({
      id: "c",
      district: "d",
      teachers: [other],
      students: [other, "shorter"],
      ext: { deep: [[], { a: {} }] },
    })
    expect(
      kept(scope, "user", {
        id: "u",
        district: "d",
        roles: {
          contact: {
            student_relationships: [
              { student: excluded, type: "Family" },
              { student: other, type: "Family" },
            ],
          },
          student: {
            school: excluded,
            schools: [excluded],
            enrollments: [{ school: excluded, start_date: "1" }],
          },
        },
      }),
    ).toEqual({
      id: "u",
      district: "d",
      roles: {
        contact: { student_relationships: [{ student: other, type: "Family" }] },
        student: { schools: [], enrollments: [] },
      },
    })
  })

  it("S18 takes out the whole of an object that is about it", () => {
    const district = { id: "d", district_contact: { id: excluded, name: { first: "A" } }, name: "N" }
    expect(kept(scope, "district", district)).toEqual({ id: "d", name: "N" })
  })

  it("S18 never the district's own id", () => {
    const all: Scope = { exclude: ["d"] }
    expect(kept(all, "district", { id: "d", name: "N" })).toEqual({ id: "d", name: "N" })
    expect(kept(all, "school", { id: "a", district: "d" })).toEqual({ id: "a", district: "d" })
  })

  it("S18 leaves other records as they were sent", () => {
    const record = { id: "u", district: "d", roles: { student: { schools: [other] } } }
    expect(judge(scope, "user", record)).toEqual({ state: "in", value: record, text: undefined })
  })

  it("S18 knows an id in an address", () => {
    const compiled = compileScope(scope)
    expect(compiled?.excludes(`/v3.1/users?limit=5&starting_after=${excluded}`)).toBe(true)
    expect(compiled?.excludes("/v3.1/users?starting_after=short")).toBe(true)
    expect(compiled?.excludes(`/v3.1/users?starting_after=${other}`)).toBe(false)
  })
})

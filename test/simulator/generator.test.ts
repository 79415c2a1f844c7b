import { describe, expect, it } from "vitest"
import { kinds, type Role, roles } from "../../src/models/kinds.ts"
import { generateDistrict } from "../../src/simulator/index.ts"
import { idsIn, roleOf, rolesOf } from "../../src/simulator/kinds.ts"
import { isObjectId } from "../../src/simulator/object-id.ts"
import { idsOf } from "./support.ts"

describe("a generated district", () => {
  it("is the same for the same options, and another for another seed or number", () => {
    const text = (options: Parameters<typeof generateDistrict>[0]) => {
      const district = generateDistrict({ users: 300, ...options })
      return JSON.stringify(kinds.map((kind) => [...district.records(kind)]))
    }
    expect(text({ seed: 7 })).toBe(text({ seed: 7 }))
    expect(text({ seed: 7 })).not.toBe(text({ seed: 8 }))
    expect(text({ seed: 7, index: 1 })).not.toBe(text({ seed: 7 }))
  })

  it.each([0, 1, 9, 10, 200, 2000])("with %i users has ascending ids, unique across all kinds", (users) => {
    const district = generateDistrict({ users, schools: 3, resources: 2 })
    const all = new Set<string>()
    for (const kind of [...kinds, "resource"] as const) {
      const ids = idsOf([...district.records(kind)])
      expect(ids).toHaveLength(district.count(kind))
      expect(ids).toEqual([...ids].sort())
      for (const id of ids) {
        expect(isObjectId(id)).toBe(true)
        all.add(id)
      }
    }
    expect(district.count("user")).toBe(users)
    expect(all.size).toBe(
      [...kinds, "resource" as const].reduce((sum, kind) => sum + district.count(kind), 0),
    )
  })

  it("seats every student in several sections of a sensible size", () => {
    const district = generateDistrict({ users: 3000, schools: 6, oddities: false })
    const seats = new Map<string, number>()
    const sizes: number[] = []
    for (const section of district.records("section")) {
      const students = idsIn(section.students)
      sizes.push(students.length)
      expect(section.teacher).toBe(idsIn(section.teachers)[0])
      for (const id of students) seats.set(id, (seats.get(id) ?? 0) + 1)
    }
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(20)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(30)
    for (const user of district.records("user")) {
      if (rolesOf(user).includes("student")) expect(seats.get(String(user.id)) ?? 0).toBeGreaterThanOrEqual(5)
    }
  })

  it("names only records that exist, if oddities are off", () => {
    const district = generateDistrict({ users: 1000, oddities: false })
    const known = new Set(kinds.flatMap((kind) => idsOf([...district.records(kind)])))
    for (const kind of ["user", "section"] as const) {
      for (const record of district.records(kind)) {
        const { id: _, roles: held, ...rest } = record
        const text = JSON.stringify({ ...rest, held }).replace(/"legacy_id":"[0-9a-f]{24}"/g, "")
        for (const [, id] of text.matchAll(/"([0-9a-f]{24})"/g)) expect(known).toContain(id)
      }
    }
  })

  it.each([
    ["demo", 0.48, 0.46],
    ["students", 0.88, 0.06],
  ] as const)("the mix %s has about the shares it should", (mix, students, contacts) => {
    const counts = new Map<Role, number>()
    for (const user of generateDistrict({ users: 2000, mix, oddities: false }).records("user")) {
      for (const role of rolesOf(user)) counts.set(role, (counts.get(role) ?? 0) + 1)
    }
    expect((counts.get("student") ?? 0) / 2000).toBeCloseTo(students, 1)
    expect((counts.get("contact") ?? 0) / 2000).toBeCloseTo(contacts, 1)
    for (const role of roles) expect(counts.get(role)).toBeGreaterThan(0)
  })

  it("streams: the first of millions comes at once", () => {
    const district = generateDistrict({ users: 5_000_000, schools: 5000, mix: "students" })
    expect(district.count("user")).toBe(5_000_000)
    for (const user of district.records("user")) {
      expect(rolesOf(user)).toEqual(["student"])
      break
    }
  })

  it("refuses impossible sizes", () => {
    expect(() => generateDistrict({ users: -1 })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTIONS" }),
    )
    expect(() => generateDistrict({ schools: 1.5 })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTIONS" }),
    )
  })
})

describe("the oddities of real data", () => {
  const users = [...generateDistrict().records("user")]
  const sections = [...generateDistrict().records("section")]
  const known = new Set(idsOf(users))
  const enrolled = new Set(sections.flatMap((section) => idsIn(section.students)))
  const nameOf = (user: (typeof users)[number]) => JSON.stringify(user.name)

  it.each<[string, (user: (typeof users)[number]) => boolean]>([
    ["no e-mail", (user) => !("email" in user)],
    ["an empty e-mail", (user) => user.email === ""],
    [
      "an e-mail without @",
      (user) => typeof user.email === "string" && user.email !== "" && !user.email.includes("@"),
    ],
    ["no first name", (user) => !/"first"/.test(nameOf(user))],
    ["accents", (user) => /[ëéÅ]/.test(nameOf(user))],
    ["Chinese characters", (user) => /[\u4e00-\u9fff]/.test(nameOf(user))],
    ["right-to-left script", (user) => /[\u0600-\u06ff]/.test(nameOf(user))],
    ["emoji", (user) => /\p{Extended_Pictographic}/u.test(nameOf(user))],
    ["hostile markup", (user) => nameOf(user).includes("<script>")],
    ["three roles", (user) => rolesOf(user).length === 3],
    [
      "a bare teacher role",
      (user) => Object.keys(roleOf(user, "teacher") ?? {}).join() === "schools,legacy_id",
    ],
    ["an unknown key", (user) => "x_future_field" in user],
    ["an unknown gender", (user) => roleOf(user, "student")?.gender === "Nonbinary"],
    [
      "no birthday",
      (user) => rolesOf(user).includes("student") && !("dob" in (roleOf(user, "student") ?? {})),
    ],
    ["two schools", (user) => idsIn(roleOf(user, "student")?.schools).length === 2],
    ["no section", (user) => rolesOf(user).includes("student") && !enrolled.has(String(user.id))],
  ])("somebody has %s", (_, condition) => {
    const found = users.filter(condition).length
    expect(found).toBeGreaterThan(0)
  })

  it("a teacher and a contact have the same e-mail address", () => {
    const teachers = new Set(users.filter((user) => roleOf(user, "teacher")).map((user) => user.email))
    const shared = users.filter(
      (user) => roleOf(user, "contact") && teachers.has(user.email) && user.email !== undefined,
    )
    expect(shared.length).toBeGreaterThan(0)
  })

  it.each<[string, (section: (typeof sections)[number]) => boolean]>([
    ["names people who are not shared", (section) => idsIn(section.students).some((id) => !known.has(id))],
    ["has a teacher who is not shared", (section) => idsIn(section.teachers).some((id) => !known.has(id))],
    ["has no students", (section) => idsIn(section.students).length === 0],
    ["has no teacher", (section) => !("teacher" in section)],
    ["has no term and no course", (section) => !("term_id" in section) && !("course" in section)],
    ["has a subject that no list names", (section) => section.subject === "underwater basket weaving"],
  ])("some section %s", (_, condition) => {
    expect(sections.filter(condition).length).toBeGreaterThan(0)
  })

  it("can be switched off", () => {
    const plain = [...generateDistrict({ oddities: false }).records("user")]
    expect(plain.every((user) => typeof user.email === "string" && user.email.includes("@"))).toBe(true)
    expect(JSON.stringify(plain)).not.toMatch(/<script>|x_future_field|Nonbinary/)
  })
})

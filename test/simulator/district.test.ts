import { describe, expect, it } from "vitest"
import { Clock } from "../../src/simulator/clock.ts"
import { SimulatedDistrict } from "../../src/simulator/district/simulated-district.ts"
import type { JsonObject } from "../../src/simulator/json.ts"
import { idsIn, roleOf, rolesOf, schoolsOfUser } from "../../src/simulator/kinds.ts"
import { firstDay, idsOf } from "./support.ts"

const open = (options: { users?: number; oddities?: boolean; seed?: number } = {}): SimulatedDistrict =>
  new SimulatedDistrict({ users: 300, schools: 4, clock: new Clock(() => firstDay), ...options })

const withRole = (
  district: SimulatedDistrict,
  role: "student" | "teacher" | "staff" | "contact",
): JsonObject[] => district.records("user").filter((user) => roleOf(user, role) !== undefined)

const feedOf = (district: SimulatedDistrict) => [...district.data.feed.list({ version: "v3.1" }).values()]

describe("sharing", () => {
  it("unsharing everything empties every list but the district's own, and resharing restores each id", () => {
    const district = open()
    const before = district.records("user")
    const summary = district.unshare({ everything: true })
    expect(summary["users.deleted"]).toBe(before.length)
    for (const kind of ["school", "term", "course", "user", "section"] as const)
      expect(district.records(kind)).toEqual([])
    expect(district.records("district")).toHaveLength(1)
    expect(district.people).toEqual([])
    district.reshare({ everything: true })
    expect(district.records("user")).toEqual(before)
  })

  it("unsharing a person leaves the id in the sections, dangling", () => {
    const district = open({ oddities: false })
    const [section] = district.records("section")
    const student = idsIn(section?.students)[0] as string
    expect(district.unshare({ ids: [student] })).toEqual({ "users.deleted": 1 })
    expect(district.record("user", student)).toBeUndefined()
    expect(idsIn(district.record("section", String(section?.id))?.students)).toContain(student)
    expect(district.reshare({ ids: [student] })).toEqual({ "users.created": 1 })
  })

  it("unsharing a school takes its sections, its own people and their contacts along", () => {
    const district = open()
    const school = String(district.records("school")[1]?.id)
    district.unshare({ schools: [school] })
    expect(district.record("school", school)).toBeUndefined()
    expect(district.records("section").filter((section) => section.school === school)).toEqual([])
    const left = district.records("user")
    expect(left.filter((user) => [...schoolsOfUser(user)].join() === school)).toEqual([])
    const students = new Set(idsOf(left))
    for (const contact of withRole(district, "contact")) {
      const related = roleOf(contact, "contact")?.student_relationships as { student: string }[]
      if (related.length > 0) expect(related.some((entry) => students.has(entry.student))).toBe(true)
    }
    const [moving] = withRole(district, "student")
    const role = { school, schools: [school] }
    expect(
      district.edit("user", String(moving?.id), { roles: { student: role } })["users.deleted"],
    ).toBeGreaterThan(0)
  })

  it("unsharing a role deletes those who have no other and updates those who have", () => {
    const district = open()
    const [teacher] = withRole(district, "teacher")
    district.edit("user", String(teacher?.id), { roles: { staff: { schools: [], staff_id: "x" } } })
    const staff = withRole(district, "staff")
    const alone = staff.filter((user) => rolesOf(user).length === 1).length
    const summary = district.unshare({ roles: ["staff"] })
    expect(summary).toEqual({ "users.deleted": alone, "users.updated": staff.length - alone })
    expect(rolesOf(district.record("user", String(teacher?.id)) ?? {})).not.toContain("staff")
  })

  it("unshared fields are absent from lists and events", () => {
    const district = open()
    district.unshare({ fields: { user: ["email", "roles.student.email"] } })
    expect(district.records("user").some((user) => "email" in user)).toBe(false)
    expect(district.reshare({ fields: { user: ["email"] } })["users.updated"]).toBeGreaterThan(200)
  })
})

describe("precise changes", () => {
  it("edit merges deeply, removes what is undefined, and takes functions", () => {
    const district = open()
    const id = district.people[0]?.id ?? ""
    district.edit("user", id, { email: undefined, roles: { student: { grade: "5" } } })
    district.edit("user", id, (user) => {
      user.extra = [1, 2]
    })
    const user = district.record("user", id)
    expect(user).toMatchObject({
      extra: [1, 2],
      roles: { student: { grade: "5" } },
      last_modified: firstDay.toISOString(),
    })
    expect(user).not.toHaveProperty("email")
    expect(district.edit("user", id, { extra: [1, 2] })).toEqual({})
    expect(() => district.edit("user", "nobody", {})).toThrow(
      expect.objectContaining({ code: "INVALID_OPTIONS" }),
    )
  })

  it("add completes a record, takes an id of its own, and refuses a second one", () => {
    const district = open()
    const id = district.add("school", { name: "New School" })
    expect(district.record("school", id)).toEqual({
      id,
      district: district.id,
      name: "New School",
      created: firstDay.toISOString(),
      last_modified: firstDay.toISOString(),
    })
    district.add("term", { id: "1".repeat(24), name: "Trimester" })
    expect(district.records("term")[0]).toEqual({
      id: "1".repeat(24),
      district: district.id,
      name: "Trimester",
    })
    expect(() => district.add("term", { id: "1".repeat(24) })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTIONS" }),
    )
  })

  it("several changes can be one batch, which holds even if the work throws", () => {
    const district = open()
    const [one, two, three] = idsOf(district.records("user"))
    const summary = district.change((it) => {
      it.remove("user", one ?? "")
      it.edit("user", two ?? "", { email: "x" })
      it.add("user", { name: {}, roles: {} })
    })
    expect(summary).toEqual({ "users.created": 1, "users.updated": 1, "users.deleted": 1 })
    const events = feedOf(district).length
    expect(() =>
      district.change((it) => {
        it.remove("user", three ?? "")
        throw new Error("halfway")
      }),
    ).toThrow("halfway")
    expect(district.record("user", three ?? "")).toBeUndefined()
    expect(feedOf(district)).toHaveLength(events + 1)
  })

  it("a re-issued person is created before the old one is deleted, alike but for the id (S13)", () => {
    const district = open()
    const [section] = district.records("section")
    const old = idsIn(section?.students)[0] as string
    const before = district.record("user", old)
    const cursor = feedOf(district).length
    const renamed = district.reissueIds({ ids: [old, "unknown"] })
    const id = renamed.get(old) ?? ""
    expect([...renamed.keys()]).toEqual([old])
    const now = firstDay.toISOString()
    expect(district.record("user", id)).toEqual({ ...before, id, created: now, last_modified: now })
    const events = feedOf(district).slice(cursor)
    expect(events[0]).toMatchObject({ kind: "user", action: "created", id })
    expect(events.at(-1)).toMatchObject({ kind: "user", action: "deleted", id: old })
    expect(idsIn(district.record("section", String(section?.id))?.students)).toContain(id)
    expect(JSON.stringify([district.records("section"), district.records("user")])).not.toContain(old)
  })

  it("sets the district's own state", () => {
    const district = open()
    district.setState({ state: "paused", pause_start: "2026-05-29", pause_end: "2026-07-28" })
    expect(district.records("district")[0]).toMatchObject({ state: "paused", pause_start: "2026-05-29" })
  })
})

describe("rollover", () => {
  it.each(["replace", "reuse"] as const)("%s: has the magnitudes that Clever tells of", (mode) => {
    const district = open({ users: 1000, oddities: false })
    const students = new Set(idsOf(withRole(district, "student")))
    const teachers = new Set(idsOf(withRole(district, "teacher")))
    const sections = new Set(idsOf(district.records("section")))
    const terms = new Set(idsOf(district.records("term")))
    const before = new Map(district.records("user").map((user) => [String(user.id), JSON.stringify(user)]))
    district.rollover({ mode })
    const share = (old: Set<string>, now: readonly string[]) => {
      const left = now.filter((id) => old.has(id)).length
      return { gone: 1 - left / old.size, fresh: (now.length - left) / old.size }
    }
    for (const { gone, fresh } of [share(students, idsOf(withRole(district, "student")))]) {
      expect(gone).toBeGreaterThanOrEqual(0.08)
      expect(gone).toBeLessThanOrEqual(0.25)
      expect(fresh).toBeCloseTo(gone, 5)
    }
    const staffing = share(teachers, idsOf(withRole(district, "teacher")))
    expect(staffing.gone).toBeGreaterThanOrEqual(0.1)
    expect(staffing.gone).toBeLessThanOrEqual(0.2)
    for (const user of withRole(district, "student")) {
      if (students.has(String(user.id))) expect(JSON.stringify(user)).not.toBe(before.get(String(user.id)))
    }
    expect(share(sections, idsOf(district.records("section"))).gone).toBe(mode === "replace" ? 1 : 0)
    expect(district.records("section")).toHaveLength(sections.size)
    expect(share(terms, idsOf(district.records("term"))).gone).toBe(1)
    expect(district.records("term")[0]).toMatchObject({ start_date: "2026-08-15" })
    district.rollover({ mode })
    expect(district.records("term")[0]).toMatchObject({ start_date: "2027-08-15" })
    const names = new Set(idsOf(district.records("term")))
    for (const section of district.records("section")) {
      expect(names).toContain(section.term_id)
      expect(idsIn(section.students).length).toBeGreaterThan(0)
    }
  })
})

describe("a day", () => {
  it("is the same for the same seed and another for another", () => {
    const history = (seed: number) => {
      const district = open({ seed })
      for (let day = 0; day < 5; day++) district.nextDay()
      return JSON.stringify([district.records("user"), district.records("section")])
    }
    expect(history(4)).toBe(history(4))
    expect(history(4)).not.toBe(history(5))
  })

  it("brings contacts a new id when edited, unless they have a sis_id", () => {
    const district = open({ users: 2000 })
    const before = new Map(withRole(district, "contact").map((user) => [String(user.id), user]))
    district.nextDay({ intensity: 20 })
    const now = new Map(withRole(district, "contact").map((user) => [String(user.id), user]))
    const phoneOf = (user: JsonObject | undefined) => roleOf(user ?? {}, "contact")?.phone
    const edited = [...now].filter(
      ([id, user]) => before.has(id) && phoneOf(before.get(id)) !== phoneOf(user),
    )
    expect(edited.length).toBeGreaterThan(0)
    for (const [, user] of edited) expect(roleOf(user, "contact")?.sis_id).not.toBe("")
    const reborn = [...now.values()].filter((user) => String(user.email).startsWith("changed_"))
    expect(reborn.length).toBeGreaterThan(0)
    const names = new Set([...before.values()].map((user) => JSON.stringify(user.name)))
    for (const user of reborn) {
      expect(before.has(String(user.id))).toBe(false)
      expect(roleOf(user, "contact")?.sis_id).toBe("")
      expect(names).toContain(JSON.stringify(user.name))
    }
  })

  it("brings back some of those who left, under their old ids", () => {
    const district = open({ users: 600 })
    const known = new Set(idsOf(district.records("user")))
    const gone = new Set<string>()
    let back = 0
    for (let day = 0; day < 30; day++) {
      district.nextDay({ intensity: 3 })
      const now = new Set(idsOf(district.records("user")))
      for (const id of known) if (!now.has(id)) gone.add(id)
      for (const id of gone) if (now.has(id)) back += gone.delete(id) ? 1 : 0
    }
    expect(back).toBeGreaterThan(0)
  })
})

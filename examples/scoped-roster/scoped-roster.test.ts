/** A roster that holds no more than an app needs, and in which the app may name its classes as it likes. */
import { CleverClient, RosterSync } from "homeroom"
import { MemoryStorage } from "homeroom/memory"
import { startSimulator } from "homeroom/simulator"
import { afterAll, beforeAll, expect, test } from "vitest"

const simulator = await startSimulator({ users: 300, schools: 3, seed: 1 })
const [district] = simulator.districts
if (district === undefined) throw new Error("The simulator has no district")
const districtId = district.id
const [schoolId = ""] = district.records("school").map(({ id }) => String(id))
const objected = district.people.filter(({ role }) => role === "student").map(({ id }) => id)

const { apiUrl, authUrl, clientId, clientSecret } = simulator
const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret, maxRetries: 0 })
const storage = new MemoryStorage()
// #region scope
const roster = new RosterSync({
  clever,
  storage,
  scope: {
    kinds: ["school", "user", "section"],
    roles: ["student", "teacher"],
    schools: [schoolId],
    fields: {
      user: ["name.first", "name.last"],
      student: ["grade"],
      section: ["name", "subject"],
    },
    exclude: objected,
  },
  ownership: {
    section: { name: "app" },
    user: { "name.first": "sticky" },
  },
})
// #endregion

beforeAll(() => roster.sync({ districtId, mode: "bulk" }))
afterAll(() => simulator.close())

test("a pupil is stored with name, grade and school, and nothing else", async () => {
  let pupils = 0
  for await (const { id, data } of roster.records({ districtId, kind: "user" })) {
    expect(objected).not.toContain(id)
    expect(Object.keys(data).sort()).toEqual(["district", "id", "name", "roles"])
    const { student } = data.roles ?? {}
    if (!student) continue
    pupils++
    expect(student.schools).toContain(schoolId)
    expect(["grade", "school", "schools"]).toEqual(expect.arrayContaining(Object.keys(student)))
  }
  expect(pupils).toBeGreaterThan(10)
})

test("a class keeps the name that the app gave it, and the one that it had first", async () => {
  const sections = district.records("section").filter(({ school }) => school === schoolId)
  const [renamed = "", left = ""] = sections.map(({ id }) => String(id))
  const first = sections[1]?.name
  const name = "Reading club"
  // #region override
  await roster.override({ districtId, kind: "section", id: renamed, path: "name", value: name, by: "ada" })
  // #endregion
  for (const id of [renamed, left]) district.edit("section", id, { name: "Reading - Lovelace - 3" })
  await roster.sync({ districtId, mode: "delta" })

  const names: unknown[] = []
  // #region records
  const classes = roster.records({ districtId, kind: "section", ids: [renamed, left] })
  for await (const { data, overrides } of classes) names.push([data.name, overrides.length])
  // #endregion
  expect(names).toEqual([
    [name, 1],
    [first, 1],
  ])
  const [stored] = await storage.getRecords({ districtId, kind: "section", ids: [renamed] })
  expect(stored?.data).toContain("Lovelace")
})

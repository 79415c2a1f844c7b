/** The app's tests: against a simulated Clever, without a network and without a sandbox district. */
// #region setup
import { CleverClient, RosterSync } from "homeroom"
import { MemoryStorage } from "homeroom/memory"
import { fault, startSimulator } from "homeroom/simulator"
import { afterAll, beforeAll, expect, test } from "vitest"
import { classList } from "./class-list.ts"

const simulator = await startSimulator({ users: 300, schools: 2, seed: 1 })
const [district] = simulator.districts
if (district === undefined) throw new Error("The simulator has no district")
const districtId = district.id

const { apiUrl, authUrl, clientId, clientSecret } = simulator
const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret, maxRetries: 0 })
const storage = new MemoryStorage()
const roster = new RosterSync({ clever, storage })

beforeAll(() => roster.sync({ districtId, mode: "bulk" }))
afterAll(() => simulator.close())
// #endregion

// #region day
test("a pupil who leaves a class is off its list after the next import", async () => {
  const [section] = district.records("section")
  const sectionId = String(section?.id)
  const before = await classList(storage, { districtId, sectionId })

  district.edit("section", sectionId, (record) => {
    record.students = (record.students as string[]).slice(1)
  })
  const run = await roster.sync({ districtId, mode: "delta" })

  expect(run.counts.section.updated).toBe(1)
  const after = await classList(storage, { districtId, sectionId })
  expect(after).toHaveLength(before.length - 1)
})
// #endregion

// #region fault
test("while Clever is down, class lists stay as they were", async () => {
  const sectionId = String(district.records("section")[0]?.id)
  const before = await classList(storage, { districtId, sectionId })

  simulator.nextDay()
  const outage = simulator.faults.add({ fault: fault.answer({ status: 503 }) })
  const failing = roster.sync({ districtId, mode: "delta" })
  await expect(failing).rejects.toMatchObject({ code: "CLEVER_UNAVAILABLE", retryable: true })
  expect(await classList(storage, { districtId, sectionId })).toEqual(before)

  outage.remove()
  const run = await roster.sync({ districtId, mode: "delta" })
  expect(run.state).toBe("applied")
})
// #endregion

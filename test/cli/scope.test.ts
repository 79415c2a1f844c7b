import { afterAll, beforeAll, expect, test } from "vitest"
import type { ConnectionSettings } from "../../src/entries/exchange.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { environmentOf, homeroom, linesOf, makeFolder } from "./support.ts"

const folder = makeFolder()
const path = folder.path("homeroom.db")
let simulator: Simulator
let district: string

beforeAll(async () => {
  simulator = await startSimulator({ users: 100, schools: 2, seed: 7 })
  district = simulator.districts[0]!.id
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await homeroom(args, environmentOf(simulator, `sqlite:${path}`))
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" })
  return stdout
}

async function exported(...args: string[]): Promise<Record<string, unknown>[]> {
  return linesOf(await run("export", "--district", district, ...args)).map((line) => JSON.parse(line))
}

test("S18 S19 the command line goes by a connection's settings, and exports the app's values where it is asked to", {
  timeout: 60_000,
}, async () => {
  await run("connect", "--district", district, "--mode", "sso+provisioning")
  const storage = new SqliteStorage({ path })
  await storage.open()
  const settings: ConnectionSettings = {
    scope: { kinds: ["user"], roles: ["teacher"], fields: { user: ["name"] } },
    ownership: { user: { "name.first": "sticky" } },
  }
  const connection = (await storage.getConnection(district))!
  await storage.saveConnection({ ...connection, settings })
  const imported = JSON.parse(await run("import", "--district", district, "--mode", "bulk", "--json"))
  expect(imported.counts.section.created).toBe(0)

  const users = await exported("--kind", "user")
  const teachers = simulator.districts[0]!.records("user").filter(
    ({ roles }) => "teacher" in (roles as object),
  )
  expect(users.map(({ id }) => id)).toEqual(teachers.map(({ id }) => id))
  for (const line of users) {
    expect(Object.keys(line)).toEqual(["kind", "id", "state", "data"])
    expect(Object.keys(line.data as object).sort()).toEqual(["district", "id", "name", "roles"])
  }
  expect(new Set((await exported("--state", "all")).map(({ kind }) => kind))).toEqual(
    new Set(["district", "user"]),
  )

  const [{ id, data } = {}] = users as [{ id?: string; data?: { name: { first: string } } }]
  const override = { path: "name.first", value: "Ada", at: "2026-09-01T06:00:00.000Z", by: "ada" }
  await storage.override({ districtId: district, kind: "user", id: String(id), ...override })
  await storage.close()
  expect(await exported("--kind", "user")).toEqual(users)
  const [beside, merged] = await Promise.all([
    exported("--kind", "user", "--overrides"),
    exported("--kind", "user", "--merged"),
  ])
  expect(beside).toEqual(users.map((line, at) => ({ ...line, overrides: at === 0 ? [override] : [] })))
  expect(merged[0]).toEqual({
    ...users[0],
    data: { ...data, name: { ...data?.name, first: "Ada" } },
    overrides: [override],
  })
  expect(merged.slice(1)).toEqual(beside.slice(1))

  // One look at either, not at both.
  const both = await homeroom(["export", "--district", district, "--merged", "--overrides"])
  expect(both.code).toBe(2)
})

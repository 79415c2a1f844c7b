import { setTimeout } from "node:timers/promises"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { type ConnectionSettings, ImportHealthBook } from "../../src/entries/exchange.ts"
import { CleverClient, RosterSync, type Run, type Scope } from "../../src/index.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { environmentOf, homeroom, linesOf, makeFolder, startHomeroom } from "./support.ts"

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

/** The app's own import, with a scope that it sets in code. */
async function importByApp(storage: SqliteStorage, scope: Scope | undefined): Promise<Run> {
  const { clientId, clientSecret, apiUrl, authUrl } = simulator
  const clever = new CleverClient({ clientId, clientSecret, apiUrl, authUrl })
  return new RosterSync({ clever, storage, scope }).sync({ districtId: district, mode: "bulk" })
}

test("S18 a command refuses a district whose scope is in an app's code, until the connection has one", {
  timeout: 120_000,
}, async () => {
  const address = folder.path("elsewhere.db")
  const environment = environmentOf(simulator, `sqlite:${address}`)
  const command = (...args: string[]) => homeroom(args, environment)
  expect((await command("connect", "--district", district)).code).toBe(0)
  const storage = new SqliteStorage({ path: address })
  await storage.open()
  const scope = { roles: ["teacher" as const] }
  const imported = await importByApp(storage, scope)
  const stored = (await storage.getDistrict(district)).counts
  const connection = (await storage.getConnection(district))!
  const { clientId, clientSecret, apiUrl, authUrl } = simulator
  const clever = new CleverClient({ clientId, clientSecret, apiUrl, authUrl })
  // Made before anybody has changed a setting, and after the latest import.
  simulator.nextDay()
  const plan = await new RosterSync({ clever, storage, scope }).plan({ districtId: district, mode: "bulk" })

  const id = String(simulator.districts[0]!.records("user")[0]!.id)
  for (const settings of [{}, { scope: { exclude: [id] } }]) {
    await storage.saveConnection({ ...connection, settings })
    for (const args of [
      ["import", "--district", district, "--mode", "bulk"],
      ["import", "--district", district, "--mode", "delta"],
      ["plan", "--district", district],
      ["approve", plan.id],
      ["undo", imported.id],
    ]) {
      const { code, stdout, stderr } = await command(...args)
      expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: "" })
      expect(stderr).toMatch(/^homeroom: SCOPE_ELSEWHERE: [^\n]+\n$/)
    }
  }
  expect((await storage.getDistrict(district)).counts).toEqual(stored)

  await storage.saveConnection({ ...connection, settings: { scope } })
  const again = await command("import", "--district", district, "--mode", "delta", "--json")
  expect(JSON.parse(again.stdout)).toMatchObject({ mode: "delta", fallback: null })
  await storage.saveConnection({ ...connection, settings: { scope: {} } })
  const widened = await command("import", "--district", district, "--mode", "delta", "--json")
  expect(JSON.parse(widened.stdout)).toMatchObject({ mode: "bulk", fallback: "scope-changed" })
  await storage.close()
})

test("S18 a worker and the console's own worker refuse such a district as well", {
  timeout: 120_000,
}, async () => {
  const address = folder.path("elsewhere-queued.db")
  const environment = environmentOf(simulator, `sqlite:${address}`)
  const command = (...args: string[]) => homeroom(args, environment)
  await command("connect", "--district", district, "--mode", "sso+provisioning")
  const storage = new SqliteStorage({ path: address })
  await storage.open()
  await importByApp(storage, { roles: ["teacher"] })
  const before = await storage.getDistrict(district)
  const health = new ImportHealthBook({ storage })
  for (const args of [["worker"], ["console", "--json"]]) {
    // What has failed before would wait; asked for by hand it does not, and counts anew.
    expect((await command("queue", "--district", district, "--try-now")).code).toBe(0)
    expect(await health.get(district)).toMatchObject({ failures: 0 })
    const running = startHomeroom(args, environment)
    onTestFinished(() => void running.process.kill("SIGKILL"))
    const isDone = async () => {
      const { failures, lastSuccessAt } = await health.get(district)
      return failures > 0 || lastSuccessAt !== null
    }
    while (!(await isDone())) await setTimeout(50)
    running.process.kill("SIGTERM")
    expect({ args, ...(await running.ended) }).toMatchObject({ args, code: 0 })
    expect(await health.get(district)).toMatchObject({
      failures: 1,
      lastFailure: { code: "SCOPE_ELSEWHERE" },
    })
  }
  expect(await storage.getDistrict(district)).toEqual(before)
  await storage.close()
})

test("S18 ids that the connection alone leaves out are no scope from elsewhere", {
  timeout: 60_000,
}, async () => {
  const environment = environmentOf(simulator, `sqlite:${folder.path("excluded.db")}`)
  const command = (...args: string[]) => homeroom(args, environment)
  await command("connect", "--district", district)
  await command("import", "--district", district, "--mode", "bulk")
  const students = simulator.districts[0]!.records("user").slice(0, 3)
  for (const { id } of students) {
    await command("forget", "--user", String(id), "--exclude")
    const { code, stderr } = await command("import", "--district", district, "--mode", "delta")
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" })
  }
})

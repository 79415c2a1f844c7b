import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { CleverClient, type DeliveryEvent, RosterSync, TargetDelivery } from "homeroom"
import { Connections } from "homeroom/exchange"
import { MemoryStorage } from "homeroom/memory"
import { startSimulator } from "homeroom/simulator"
import { SqliteStorage } from "homeroom/sqlite"
import { Kysely, SqliteDialect } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { kyselyTarget } from "./kysely-target.ts"
import { nodeSqlite } from "./node-sqlite.ts"
import { createTables, type Tables } from "./tables.ts"
import { followRoster } from "./worker.ts"

const simulator = await startSimulator({ users: 200, schools: 2 })
const [district] = simulator.districts
if (district === undefined) throw new Error("The simulator has no district")
const districtId = district.id

const { apiUrl, authUrl, clientId, clientSecret } = simulator
const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret })
const storage = new MemoryStorage()
const roster = new RosterSync({ clever, storage })

const folder = mkdtempSync(join(tmpdir(), "kysely-target-"))
const path = join(folder, "app.db")
const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: nodeSqlite(path) }) })
const delivery = new TargetDelivery({ storage, target: kyselyTarget(db), maxRetries: 0 })

beforeAll(async () => {
  await createTables(db)
  await roster.sync({ districtId, mode: "bulk" })
  await delivery.deliver({ districtId })
})
afterAll(async () => {
  await db.destroy()
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The tables hold what the district shares: who is there, and who is in which class. */
async function expectFollowed(): Promise<void> {
  const people = await db.selectFrom("people").select(["id", "email"]).where("archived", "=", 0).execute()
  const shared = district?.records("user").map(({ id, email }) => ({ id, email: email ?? null }))
  expect(new Map(people.map((person) => [person.id, person]))).toEqual(
    new Map(shared?.map((person) => [person.id, person])),
  )
  const schools = await db.selectFrom("schools").select("id").where("archived", "=", 0).execute()
  expect(schools.length).toBe(district?.count("school"))
  const students = await db.selectFrom("enrolments").where("role", "=", "student").selectAll().execute()
  const expected = district
    ?.records("section")
    .flatMap(({ id, students }) => (students as string[]).map((person) => `${String(id)} ${person}`))
  expect(students.map((one) => `${one.class} ${one.person}`).sort()).toEqual(expected?.sort())
}

test("the app's tables hold the roster after the first import", async () => {
  await expectFollowed()
})

test("they follow it day by day, into classes and out of them", async () => {
  for (let day = 0; day < 5; day++) {
    simulator.nextDay()
    await roster.sync({ districtId, mode: "delta" })
    expect(await delivery.deliver({ districtId })).toMatchObject({ state: "caught-up", stuck: 0 })
    await expectFollowed()
  }
})

test("a change that comes again does nothing, nor does an older one", async () => {
  const [person] = district.people
  const id = String(person?.id)
  const target = kyselyTarget(db)
  const sent: Parameters<typeof target.update>[0][] = []
  const watched = {
    ...target,
    name: "watched",
    update: async (changes: (typeof sent)[0]) => void sent.push(changes),
  }
  const other = new TargetDelivery({ storage, target: watched })
  await other.deliver({ districtId })
  for (const email of ["old@school.example", "new@school.example"]) {
    district.edit("user", id, { email })
    await roster.sync({ districtId, mode: "delta" })
  }
  await other.deliver({ districtId })
  await delivery.deliver({ districtId })
  const call = { districtId, signal: new AbortController().signal, fence: 1 }
  for (const changes of [...sent, ...sent]) await target.update(changes, call)
  const found = await db.selectFrom("people").select("email").where("id", "=", id).executeTakeFirst()
  expect(found?.email).toBe("new@school.example")
  await expectFollowed()
})

test("delivered anew, they hold nobody who has left a class meanwhile", async () => {
  const section = district.records("section").find(({ students }) => (students as string[]).length > 2)
  if (section === undefined) return expect.unreachable()
  const students = (section.students as string[]).slice(1)
  district.edit("section", String(section.id), { students })
  await roster.sync({ districtId, mode: "delta" })
  await delivery.forget({ districtId })
  expect(await delivery.deliver({ districtId })).toMatchObject({ state: "caught-up", stuck: 0 })
  await expectFollowed()
})

test("while the database is locked changes wait, and come when it is free", async () => {
  const other = new DatabaseSync(path)
  other.exec("BEGIN EXCLUSIVE")
  simulator.nextDay()
  await roster.sync({ districtId, mode: "delta" })
  const report = await delivery.deliver({ districtId })
  expect(report).toMatchObject({ state: "waiting", waiting: [{ code: "SQLITE_BUSY" }], stuck: 0 })

  other.exec("ROLLBACK")
  other.close()
  expect(await delivery.deliver({ districtId })).toMatchObject({ state: "caught-up", stuck: 0 })
  await expectFollowed()
})

test("a worker of its own delivers until it is told to stop", async () => {
  const rosterFile = join(folder, "roster.db")
  const appFile = join(folder, "worker.db")
  const stored = new SqliteStorage({ path: rosterFile })
  const imports = new RosterSync({ clever, storage: stored })
  await imports.sync({ districtId, mode: "bulk" })
  const connections = new Connections({ storage: stored, clever })
  await connections.connect(districtId, { mode: "sso+provisioning", by: "test" })
  const tables = new Kysely<Tables>({ dialect: new SqliteDialect({ database: nodeSqlite(appFile) }) })
  await createTables(tables)

  const controller = new AbortController()
  const onEvent = ({ type }: DeliveryEvent) => {
    if (type === "snapshot-delivered") controller.abort()
  }
  await followRoster({ rosterFile, appFile, signal: controller.signal, onEvent })
  const people = await tables.selectFrom("people").select("id").execute()
  expect(people.length).toBe(district.count("user"))
  await tables.destroy()
  await stored.close()
})

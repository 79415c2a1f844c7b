import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PGlite } from "@electric-sql/pglite"
import { and, eq } from "drizzle-orm"
import { drizzle, type PgliteDatabase } from "drizzle-orm/pglite"
import { CleverClient, RosterSync, TargetDelivery } from "homeroom"
import { MemoryStorage } from "homeroom/memory"
import { startSimulator } from "homeroom/simulator"
import { afterAll, beforeAll, expect, test } from "vitest"
import { classes, drizzleTarget, enrolments, people } from "./drizzle-target.ts"

const simulator = await startSimulator({ users: 200, schools: 2 })
const [district] = simulator.districts
if (district === undefined) throw new Error("The simulator has no district")
const districtId = district.id

const { apiUrl, authUrl, clientId, clientSecret } = simulator
const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret })
const storage = new MemoryStorage()
const roster = new RosterSync({ clever, storage })

const folder = mkdtempSync(join(tmpdir(), "drizzle-target-"))
let postgres: PGlite
let db: PgliteDatabase
let delivery: TargetDelivery

async function startPostgres(): Promise<void> {
  postgres = await PGlite.create(folder)
  db = drizzle(postgres)
  delivery = new TargetDelivery({ storage, target: drizzleTarget(db), maxRetries: 0 })
}

const followed =
  "id text PRIMARY KEY, district text NOT NULL, archived boolean NOT NULL, version integer NOT NULL"

beforeAll(async () => {
  await startPostgres()
  await postgres.exec(`
    CREATE TABLE schools (${followed}, name text);
    CREATE TABLE people (${followed}, first_name text, last_name text, email text);
    CREATE TABLE classes (${followed}, name text, school text);
    CREATE TABLE enrolments (class text, person text, role text, PRIMARY KEY (class, person, role));`)
  await roster.sync({ districtId, mode: "bulk" })
  await delivery.deliver({ districtId })
})
afterAll(async () => {
  await postgres.close()
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The tables hold what the district shares: who is there, and who is in which class. */
async function expectFollowed(): Promise<void> {
  const found = await db.select().from(people).where(eq(people.archived, false))
  const shared = district?.records("user").map(({ id, email }) => `${String(id)} ${String(email ?? null)}`)
  expect(found.map(({ id, email }) => `${id} ${email}`).sort()).toEqual(shared?.sort())
  const taught = await db.select().from(classes).where(eq(classes.archived, false))
  expect(taught.length).toBe(district?.count("section"))
  const students = await db.select().from(enrolments).where(eq(enrolments.role, "student"))
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

test("who is no longer shared is archived, and comes back as the same row", async () => {
  const [person] = district.people
  const id = String(person?.id)
  const isArchived = async () => {
    const [row] = await db
      .select()
      .from(people)
      .where(and(eq(people.id, id), eq(people.district, districtId)))
    return row?.archived
  }
  district.unshare({ ids: [id] })
  await roster.sync({ districtId, mode: "delta" })
  await delivery.deliver({ districtId })
  expect(await isArchived()).toBe(true)

  district.reshare({ ids: [id] })
  await roster.sync({ districtId, mode: "delta" })
  await delivery.deliver({ districtId })
  expect(await isArchived()).toBe(false)
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

// #region down
test("while PostgreSQL is down changes wait, and come when it is back", async () => {
  await postgres.close()
  simulator.nextDay()
  await roster.sync({ districtId, mode: "delta" })
  const report = await delivery.deliver({ districtId })
  expect(report).toMatchObject({ state: "waiting", stuck: 0, lag: { commits: 1 } })

  await startPostgres()
  expect(await delivery.deliver({ districtId })).toMatchObject({ state: "caught-up", stuck: 0 })
  await expectFollowed()
})
// #endregion

// #region refused
test("a person whom the database refuses is set aside, and comes with a replay", async () => {
  const [refused, accepted] = district.people.map(({ id }) => String(id))
  await postgres.exec(`ALTER TABLE people ADD CONSTRAINT plain CHECK (email <> 'odd@school.example')`)
  district.edit("user", String(refused), { email: "odd@school.example" })
  district.edit("user", String(accepted), { email: "plain@school.example" })
  await roster.sync({ districtId, mode: "delta" })
  expect(await delivery.deliver({ districtId })).toMatchObject({ state: "caught-up", stuck: 1 })
  for await (const letter of delivery.deadLetters({ districtId })) {
    // The constraint's SQLSTATE, and nothing of the person.
    expect(letter).toMatchObject({ recordId: refused, code: "23514" })
    expect(letter.message).not.toContain("odd")
  }

  await postgres.exec("ALTER TABLE people DROP CONSTRAINT plain")
  expect(await delivery.replay({ all: true, districtId })).toMatchObject({ state: "caught-up", stuck: 0 })
  await expectFollowed()
})
// #endregion

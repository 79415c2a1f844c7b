import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { nextImport } from "../../src/exchange/index.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { makeDatabase, postgresServer } from "../support/postgres.ts"
import { startCommand } from "./example-process.ts"
import { openClever } from "./login-app.ts"

const server = await postgresServer()
if (typeof server === "string") throw new Error(server)

beforeAll(() => expect(buildIfStale()).toBe(true), 120_000)
afterAll(() => server.stop())

test("examples/delta-worker: everything at first, then what changed, and again each night", {
  timeout: 120_000,
}, async () => {
  const database = await makeDatabase(server)
  onTestFinished(() => database.drop())
  const { simulator, environment } = await openClever()
  const start = () =>
    startCommand({
      command: "npm start -- delta-worker",
      environment: { ...environment, DATABASE_URL: database.url },
    })
  const districtId = environment.DISTRICT_ID ?? ""

  const first = start()
  await first.printed(new RegExp(`^${districtId} bulk applied \\{\\s+created: 60,`, "m"))
  expect(first.stdout).toContain('Imports by day at "0 2 * * *", until Ctrl-C.\n')
  await first.stop()
  expect(first.stderr).toBe("")

  const storage = new PostgresStorage({ connectionString: database.url })
  await storage.open()
  const connection = await storage.getConnection(districtId)
  if (connection === undefined) throw new Error("The worker has connected no district")
  const schedule = { cron: "0 2 * * *", timeZone: "America/Chicago", jitterMinutes: 0, bulkEveryDays: 7 }
  const { state, at } = await nextImport({ storage, connection, schedule })
  await storage.close()
  const hour = new Date(at ?? "").toLocaleTimeString("en-GB", { timeZone: schedule.timeZone })
  expect([state, hour]).toEqual(["scheduled", "02:00:00"])

  simulator.nextDay()
  const second = start()
  await second.printed(new RegExp(`^${districtId} delta applied `, "m"))
  await second.stop()
})

test("examples/delta-worker: brings its own PostgreSQL and Clever where none is named", {
  timeout: 120_000,
}, async () => {
  const app = startCommand({ command: "npm start -- delta-worker" })
  await app.printed(/^[0-9a-f]{24} bulk applied \{\s+created: 300,/m)
  expect(app.stdout).toContain(
    "DATABASE_URL is not set: a PostgreSQL of its own runs as long as this program.\n",
  )
  await app.stop()
  expect(app.stderr).toBe("")
})

import { beforeAll, expect, onTestFinished, test } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { nextImport } from "../../src/index.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { makeDatabase, postgresServer } from "../support/postgres.ts"
import { startCommand } from "./example-process.ts"
import { openClever } from "./login-app.ts"

beforeAll(() => expect(buildIfStale()).toBe(true), 120_000)

test("examples/delta-worker: everything at first, then what changed, and again each night", {
  timeout: 120_000,
}, async (context) => {
  const server = await postgresServer()
  if (typeof server === "string") return context.skip(server)
  onTestFinished(() => server.stop())
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
  const schedule = { timeZone: "America/Chicago", jitterMinutes: 0 }
  const { state, at } = await nextImport({ storage, connection, schedule })
  await storage.close()
  const hour = new Date(at ?? "").toLocaleTimeString("en-GB", { timeZone: schedule.timeZone })
  expect([state, hour]).toEqual(["scheduled", "02:00:00"])

  simulator.nextDay()
  const second = start()
  await second.printed(new RegExp(`^${districtId} delta applied `, "m"))
  await second.stop()
})

test("examples/delta-worker: says what it needs where there is no database", async () => {
  const app = startCommand({ command: "npm start -- delta-worker" })
  expect(await app.ended).toBe(1)
  expect(app.stderr).toContain("Set DATABASE_URL to an empty PostgreSQL database")
})

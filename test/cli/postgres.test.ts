import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { makeDatabase, postgresServer, type TestDatabase } from "../support/postgres.ts"
import { environmentOf, homeroom, linesOf } from "./support.ts"

const server = await postgresServer()

describe.skipIf(typeof server === "string")("the command line on PostgreSQL", () => {
  let database: TestDatabase
  let simulator: Simulator
  let environment: Record<string, string>
  let district: string

  beforeAll(async () => {
    if (typeof server === "string") throw new Error(server)
    database = await makeDatabase(server)
    simulator = await startSimulator({ districts: 1, schools: 2, users: 200, seed: 7 })
    environment = environmentOf(simulator, database.url)
    district = simulator.districts[0]?.id ?? ""
  })

  afterAll(async () => {
    await simulator.close()
    await database.drop()
    if (typeof server !== "string") await server.stop()
  })

  test("connects, imports, exports, undoes and forgets as on SQLite", { timeout: 120_000 }, async () => {
    const run = async (...args: string[]) => {
      const outcome = await homeroom(args, environment)
      expect(outcome.stderr).not.toMatch(/postgres:\/\//)
      expect({ args, code: outcome.code, stderr: outcome.stderr }).toMatchObject({ code: 0 })
      return outcome.stdout
    }
    await run("connect", "--district", district)
    const first = JSON.parse(await run("import", "--district", district, "--mode", "bulk", "--json"))
    expect(first.state).toBe("applied")
    await simulator.nextDay()
    const second = JSON.parse(await run("import", "--district", district, "--mode", "delta", "--json"))
    expect(second).toMatchObject({ mode: "delta", state: "applied" })
    const exported = linesOf(await run("export", "--district", district)).map((line) => JSON.parse(line))
    const users = exported.filter(({ kind }) => kind === "user").map(({ id }) => id)
    expect(users.length).toBeGreaterThan(100)
    expect(users).toEqual(users.toSorted())
    expect(JSON.parse(await run("history", "--json"))).toHaveLength(2)
    await run("forget", "--user", users[0])
    expect(await run("export", "--district", district, "--state", "all")).not.toContain(users[0])
  })

  test("doctor tells where the roster is, without the password", { timeout: 60_000 }, async () => {
    const address = new URL(database.url)
    address.password ||= "hidden-password"
    const { stdout, stderr } = await homeroom(["doctor", "--json"], {
      ...environment,
      HOMEROOM_STORAGE: address.href,
    })
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; message: string }[] }
    expect(checks.find(({ name }) => name === "storage")).toMatchObject({
      status: "ok",
      message: expect.stringContaining(
        `postgres://${address.username}@${address.host}${address.pathname} can`,
      ),
    })
    expect(checks.find(({ name }) => name === "queue")).toMatchObject({ status: "ok" })
    expect(stdout + stderr).not.toContain(address.password)
  })
})

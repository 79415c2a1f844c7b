import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { connectionsFor } from "../../src/cli/commands/worker.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { LateServer } from "../support/late-server.ts"
import { makeDatabase, postgresServer } from "../support/postgres.ts"
import { environmentOf, homeroom, makeFolder, startHomeroom, until } from "./support.ts"

const folder = makeFolder()
const server = await postgresServer()
let simulator: Simulator
let environment: Record<string, string>

beforeAll(async () => {
  simulator = await startSimulator({ users: 200, schools: 2, seed: 5 })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
  if (typeof server !== "string") await server.stop()
})

/** A worker, and what is put on the queue beside it, until it is stopped. */
async function tellStory(environment: Record<string, string>): Promise<void> {
  const districtId = simulator.districts[0]!.id
  expect((await homeroom(["connect", "--district", districtId], environment)).code).toBe(0)
  const running = startHomeroom(["worker", "--concurrency", "1", "--port", "0"], environment)
  onTestFinished(() => void running.process.kill("SIGKILL"))
  await until(() => running.stderr.includes("/ready"), "the worker to begin")
  const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(running.stderr) ?? [""]
  expect(await (await fetch(`${url}/ready`)).json()).toMatchObject({ ready: true, state: "running" })

  const added = await homeroom(["queue", "--district", districtId, "--add", "bulk", "--json"], environment)
  expect(added.code).toBe(0)
  await until(() => running.stderr.includes("Run applied"), "the import to be done")
  running.process.kill("SIGTERM")
  const { code, stdout, stderr } = await running.ended
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" })

  const lines = stderr.split("\n").filter((line) => line.startsWith("{"))
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(events.map(({ event }) => event)).toContain("worker-state")
  const applied = { level: "info", districtId, state: "applied" }
  expect(events.find(({ msg }) => msg === "Run applied")).toMatchObject(applied)
  expect(events.at(-1)).toMatchObject({ msg: "Worker stopped" })
  expect(stderr).not.toContain(simulator.clientSecret)
}

describe("does what is on the queue, tells how it stands, and ends with 0 when it is stopped", () => {
  test("with SQLite", { timeout: 60_000 }, () => tellStory(environment))

  test.runIf(typeof server !== "string")("with PostgreSQL", { timeout: 60_000 }, async () => {
    if (typeof server === "string") return
    const database = await makeDatabase(server)
    onTestFinished(() => database.drop())
    await tellStory(environmentOf(simulator, database.url))
  })
})

test("has three connections to PostgreSQL for each import at once, and 10 in any case", () => {
  expect([1, 2, 3, 4, 100].map(connectionsFor)).toEqual([10, 10, 10, 12, 300])
})

test("waits for a database that is late, a line for each try, until it is stopped", async () => {
  const late = await LateServer.at("postgres://postgres@127.0.0.1:9/none")
  const running = startHomeroom(["worker", "--port", "0"], environmentOf(simulator, late.url))
  onTestFinished(() => void running.process.kill("SIGKILL"))
  const line = /^\{.*"level":"error".*"part":"storage","code":"STORAGE_UNREACHABLE".*\}$/gm
  await until(() => (running.stderr.match(line) ?? []).length >= 2, "two tries")
  running.process.kill("SIGTERM")
  const { code, stderr } = await running.ended
  expect(code).toBe(0)
  expect(stderr).not.toContain("working on")
})

test("gives up on it when the time is over", async () => {
  const late = await LateServer.at("postgres://postgres@127.0.0.1:9/none")
  const environment = environmentOf(simulator, late.url)
  const { code, stderr } = await homeroom(["worker", "--start-timeout", "0.1"], environment)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^(homeroom: )?STORAGE_UNREACHABLE: /m)
})

test("refuses options that make no sense", async () => {
  expect((await homeroom(["worker", "--concurrency", "0"], environment)).code).toBe(2)
  expect((await homeroom(["worker", "--port", "70000"], environment)).code).toBe(2)
  expect((await homeroom(["worker", "--start-timeout", "soon"], environment)).code).toBe(2)
})

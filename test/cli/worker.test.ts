import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { InProcessQueue } from "../../src/index.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { environmentOf, homeroom, makeFolder, startHomeroom, until } from "./support.ts"

const folder = makeFolder()
let simulator: Simulator
let environment: Record<string, string>
let districtId: string

beforeAll(async () => {
  simulator = await startSimulator({ users: 200, schools: 2, seed: 5 })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
  districtId = simulator.districts[0]!.id
  expect((await homeroom(["connect", "--district", districtId], environment)).code).toBe(0)
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
})

test("does what is on the queue, tells how it stands, and ends with 0 when it is stopped", {
  timeout: 60_000,
}, async () => {
  const running = startHomeroom(["worker", "--concurrency", "1", "--port", "0"], environment)
  onTestFinished(() => void running.process.kill("SIGKILL"))
  await until(() => running.stderr.includes("/ready"), "the worker to begin")
  const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(running.stderr) ?? [""]
  expect(await (await fetch(`${url}/ready`)).json()).toMatchObject({ ready: true, state: "running" })

  const storage = new SqliteStorage({ path: folder.path("homeroom.db") })
  const queue = new InProcessQueue({ storage })
  await queue.add({ districtId, mode: "bulk", reason: "requested", requestedBy: "somebody" })
  await until(() => running.stderr.includes("Run applied"), "the import to be done")
  await storage.close()
  running.process.kill("SIGTERM")
  const { code, stdout, stderr } = await running.ended
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" })

  const lines = stderr.split("\n").filter((line) => line.startsWith("{"))
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(events.map(({ event }) => event)).toContain("worker-state")
  expect(events.find(({ msg }) => msg === "Run applied")).toMatchObject({
    level: "info",
    districtId,
    state: "applied",
  })
  expect(events.at(-1)).toMatchObject({ msg: "Worker stopped" })
  expect(stderr).not.toContain(simulator.clientSecret)
})

test("refuses options that make no sense", async () => {
  expect((await homeroom(["worker", "--concurrency", "0"], environment)).code).toBe(2)
  expect((await homeroom(["worker", "--port", "70000"], environment)).code).toBe(2)
})

import { expect, onTestFinished, test } from "vitest"
import { CleverClient } from "../../src/clever/index.ts"
import type { ExchangeEvent } from "../../src/exchange/index.ts"
import { TargetDelivery } from "../../src/roster/index.ts"
import { startWorker, type WorkerOptions } from "../../src/worker/index.ts"
import { AppTables } from "../support/app-tables.ts"
import { ExchangeWorld } from "../support/exchange-world.ts"
import { interceptStorage } from "../support/intercepted-storage.ts"
import { codeOf } from "../support/roster-world.ts"
import { WorkerWorld } from "../support/worker-world.ts"

async function answerOf(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url)
  return { status: response.status, body: await response.json() }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

function optionsOf(world: ExchangeWorld, options: Partial<WorkerOptions> = {}): WorkerOptions {
  const { storage, roster, connections, queue } = world
  return { storage, roster, connections, queue, signals: false, ...options }
}

test("does what is on the queue and delivers it, and tells of all of it", { timeout: 120_000 }, async () => {
  const world = await WorkerWorld.start()
  const { storage, roster, connections, district } = world
  const app = new AppTables()
  const events: ExchangeEvent[] = []
  const worker = await startWorker({
    storage,
    roster,
    connections,
    deliveries: [new TargetDelivery({ storage, target: app })],
    signals: false,
    measureMs: 200,
    onEvent: (event) => events.push(event),
  })
  onTestFinished(() => worker.stop())
  const { job } = await worker.imports.schedule({ districtId: district.id, mode: "bulk", by: "somebody" })
  expect(job).toMatchObject({ state: "waiting", requestedBy: "somebody" })
  const records = world.truth().size
  await until(() => app.rows.size === records)
  await until(() => events.some((event) => event.type === "target-measured" && event.commits === 0))
  expect(await world.runs()).toMatchObject([{ state: "applied", startedBy: "somebody" }])
  await worker.stop()
  expect(events[0]).toEqual({ type: "worker-state", state: "running" })
  expect(events).toContainEqual({ type: "connections-measured", byState: { active: 1 }, quarantined: 0 })
  expect(events.at(-1)).toEqual({ type: "worker-state", state: "stopped" })
  expect(events.filter(({ type }) => type === "worker-failed")).toEqual([])
})

test("files a request for each district that has connected at Clever", { timeout: 120_000 }, async () => {
  const world = await WorkerWorld.start({ districts: 2 })
  const { storage, roster, connections, simulator } = world
  const clever = new CleverClient(world.client)
  const events: ExchangeEvent[] = []
  const onEvent = (event: ExchangeEvent) => events.push(event)
  const discover = [{ name: "default", clever }]
  const worker = await startWorker({ storage, roster, connections, discover, signals: false, onEvent })
  onTestFinished(() => worker.stop())
  await until(() => events.some(({ type }) => type === "district-found"))
  const found = simulator.districts[1]?.id
  expect(events).toContainEqual({ type: "district-found", districtId: found })
  expect(await connections.get(found ?? "")).toMatchObject({ state: "requested" })
})

test("is ready while it works, and alive until it has stopped", async () => {
  const world = new ExchangeWorld("memory")
  const worker = await startWorker(optionsOf(world, { port: 0 }))
  expect(worker.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const ready = { status: 200, body: { ready: true, state: "running", importing: 0, problems: [] } }
  expect(await answerOf(`${worker.url}/ready`)).toEqual(ready)
  expect(await answerOf(`${worker.url}/health`)).toEqual(ready)
  expect((await answerOf(`${worker.url}/other`)).status).toBe(404)
  expect((await fetch(`${worker.url}/ready`, { method: "POST" })).status).toBe(405)
  await worker.stop()
  await worker.stopped
  await expect(fetch(`${worker.url}/health`)).rejects.toThrow()
})

test("is not ready while it stops", async () => {
  const world = new ExchangeWorld("memory")
  let goOn: () => void = () => {}
  world.clever.beforeListing = () => new Promise((resolve) => (goOn = resolve))
  await world.connect("5a0c91b95c7cc000010d417c")
  const worker = await startWorker(optionsOf(world, { port: 0 }))
  await worker.imports.schedule({ districtId: "5a0c91b95c7cc000010d417c", by: "somebody" })
  await until(() => worker.health().importing === 1)
  const stopping = worker.stop()
  expect(await answerOf(`${worker.url}/ready`)).toEqual({
    status: 503,
    body: { ready: false, state: "stopping", importing: 1, problems: [{ part: "worker", code: "stopping" }] },
  })
  expect((await answerOf(`${worker.url}/health`)).status).toBe(200)
  goOn()
  await stopping
})

test("is not ready while the storage does not answer, and alive all the same", async () => {
  const world = new ExchangeWorld("memory")
  let isAway = false
  const storage = interceptStorage(world.storage, {
    beforeCall: async (method) => {
      if (isAway && method === "getConnection") throw new Error("away")
    },
  })
  const worker = await startWorker(optionsOf(world, { storage, port: 0 }))
  onTestFinished(() => worker.stop())
  isAway = true
  expect(await answerOf(`${worker.url}/ready`)).toMatchObject({
    status: 503,
    body: { ready: false, problems: [{ part: "storage", code: "INTERNAL" }] },
  })
  expect((await answerOf(`${worker.url}/health`)).status).toBe(200)
  isAway = false
  expect((await answerOf(`${worker.url}/ready`)).status).toBe(200)
})

test("a delivery that fails is told of, and keeps nothing else from going on", async () => {
  const world = new ExchangeWorld("memory")
  const events: ExchangeEvent[] = []
  const storage = interceptStorage(world.storage, {
    beforeCall: async (method) => {
      if (method === "listConnections") throw new TypeError("a mistake")
    },
  })
  const delivery = new TargetDelivery({ storage, target: new AppTables() })
  const onEvent = (event: ExchangeEvent) => events.push(event)
  const worker = await startWorker(optionsOf(world, { deliveries: [delivery], onEvent }))
  await until(() => events.some(({ type }) => type === "worker-failed"))
  expect(events).toContainEqual({ type: "worker-failed", part: "delivery", code: "INTERNAL" })
  expect((await worker.ready()).ready).toBe(true)
  await worker.stop()
})

test("S29 tells of districts that can't be imported", async () => {
  const world = new ExchangeWorld("memory")
  const districtId = "5a0c91b95c7cc000010d417c"
  await world.connect(districtId)
  world.clever.failing.set(districtId, "CLEVER_TOKEN_REJECTED")
  const events: ExchangeEvent[] = []
  const worker = await startWorker(optionsOf(world, { onEvent: (event) => events.push(event) }))
  onTestFinished(() => worker.stop())
  for (let failures = 1; failures <= 3; failures++) {
    await worker.imports.schedule({ districtId, by: "somebody" })
    await until(async () => (await worker.imports.status(districtId)).health.failures === failures)
  }
  await until(() => events.some(({ type }) => type === "import-quarantined"))
  expect(events.find(({ type }) => type === "import-quarantined")).toMatchObject({
    districtId,
    reason: "CLEVER_TOKEN_REJECTED",
    until: expect.stringMatching(/^2026-/),
  })
})

test("is refused what makes no sense, and leaves nothing behind", async () => {
  const world = new ExchangeWorld("memory")
  expect(await codeOf(startWorker(optionsOf(world, { concurrency: 0 })))).toBe("INVALID_OPTIONS")
  const worker = await startWorker(optionsOf(world, { port: 0 }))
  onTestFinished(() => worker.stop())
  const port = Number(new URL(worker.url ?? "").port)
  expect(await codeOf(startWorker(optionsOf(world, { port })))).toBe("INVALID_OPTIONS")
  const queue = { connectionString: "postgres://nobody@127.0.0.1:9/none" }
  const { storage, roster, connections } = world
  const unreachable = { storage, roster, connections, queue, startTimeoutMs: 0 }
  expect(await codeOf(startWorker(unreachable))).toBe("QUEUE_UNREACHABLE")
})

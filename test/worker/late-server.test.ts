import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import type { ExchangeEvent } from "../../src/exchange/index.ts"
import { Connections } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { startWorker, type WorkerOptions } from "../../src/worker/index.ts"
import { ExchangeWorld } from "../support/exchange-world.ts"
import { freePort } from "../support/free-port.ts"
import { LateServer } from "../support/late-server.ts"
import { makeDatabase, postgresServer, type TestDatabase } from "../support/postgres.ts"
import { codeOf } from "../support/roster-world.ts"

const server = await postgresServer()
if (typeof server === "string") throw new Error(server)
let database: TestDatabase

beforeAll(async () => {
  database = await makeDatabase(server)
}, 120_000)
afterAll(async () => {
  await database.drop()
  await server.stop()
})

/** Options of a worker whose rosters and queue are in the database at an address, and what it tells. */
function optionsAt(url: string): WorkerOptions & { events: ExchangeEvent[] } {
  const { clever } = new ExchangeWorld("memory")
  const storage = new PostgresStorage({ connectionString: url })
  onTestFinished(() => storage.close())
  const events: ExchangeEvent[] = []
  return {
    storage,
    roster: new RosterSync({ storage, clever }),
    connections: new Connections({ storage, clever }),
    queue: { connectionString: url },
    signals: false,
    onEvent: (event) => events.push(event),
    events,
  }
}

async function lateServer(): Promise<LateServer> {
  const late = await LateServer.at(database.url)
  onTestFinished(() => late.close())
  return late
}

function failuresIn(events: readonly ExchangeEvent[]): unknown[] {
  return events.filter(({ type }) => type === "worker-failed")
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

const away = { type: "worker-failed", part: "storage", code: "STORAGE_UNREACHABLE" }

test("begins before PostgreSQL does: alive, not ready, and at work as soon as it is there", {
  timeout: 60_000,
}, async () => {
  const late = await lateServer()
  const options = optionsAt(late.url)
  const port = await freePort()
  const starting = startWorker({ ...options, port })
  onTestFinished(async () => (await starting).stop())
  await until(() => failuresIn(options.events).length >= 2)
  expect(failuresIn(options.events).slice(0, 2)).toEqual([away, away])
  const address = `http://127.0.0.1:${port}`
  expect((await fetch(`${address}/health`)).status).toBe(200)
  const ready = await fetch(`${address}/ready`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({
    ready: false,
    state: "starting",
    problems: [
      { part: "worker", code: "starting" },
      { part: "storage", code: "STORAGE_UNREACHABLE" },
    ],
  })
  await late.appear()
  const worker = await starting
  expect((await fetch(`${address}/ready`)).status).toBe(200)
  expect(await worker.ready()).toMatchObject({ ready: true, state: "running", problems: [] })
})

test("gives up when its time is over, and says for how long it has tried", async () => {
  const options = optionsAt((await lateServer()).url)
  await expect(startWorker({ ...options, startTimeoutMs: 400 })).rejects.toMatchObject({
    code: "STORAGE_UNREACHABLE",
    details: { triedForMs: 400 },
  })
  expect(failuresIn(options.events).length).toBeGreaterThanOrEqual(2)
  expect(options.events.at(-1)).toEqual({ type: "worker-state", state: "stopped" })
})

test("does not wait where it is told not to", async () => {
  const options = optionsAt((await lateServer()).url)
  expect(await codeOf(startWorker({ ...options, startTimeoutMs: 0 }))).toBe("STORAGE_UNREACHABLE")
  expect(failuresIn(options.events)).toEqual([away])
})

test("a queue that is away is waited for as well", async () => {
  const options = optionsAt(database.url)
  const { url } = await lateServer()
  expect(
    await codeOf(startWorker({ ...options, queue: { connectionString: url }, startTimeoutMs: 400 })),
  ).toBe("QUEUE_UNREACHABLE")
  expect(failuresIn(options.events)[0]).toEqual({ ...away, part: "queue", code: "QUEUE_UNREACHABLE" })
})

test("stops at once while it waits, and has never begun", async () => {
  const options = optionsAt((await lateServer()).url)
  const stopping = new AbortController()
  const starting = startWorker({ ...options, signal: stopping.signal })
  await until(() => failuresIn(options.events).length >= 1)
  stopping.abort()
  const worker = await starting
  await worker.stopped
  expect(worker.health()).toMatchObject({ ready: false, state: "stopped" })
  expect(options.events).not.toContainEqual({ type: "worker-state", state: "running" })
})

test("stops at once while a server does not say a word", async () => {
  const silent = await LateServer.at("postgres://127.0.0.1:9/none")
  const { connected } = await silent.hang()
  const options = optionsAt(silent.url)
  onTestFinished(() => silent.close())
  const stopping = new AbortController()
  const starting = startWorker({ ...options, signal: stopping.signal })
  await connected
  stopping.abort()
  expect((await starting).health().state).toBe("stopped")
})

test("the signal stops it later as well", async () => {
  const stopping = new AbortController()
  const worker = await startWorker({ ...optionsAt(database.url), signal: stopping.signal })
  stopping.abort()
  await worker.stopped
  expect(worker.health().state).toBe("stopped")
})

test("what does not go away by waiting ends it at once", async () => {
  const nobody = new URL(database.url)
  nobody.username = "nobody_here"
  const nowhere = new URL(database.url)
  nowhere.pathname = "/no_such_database"
  for (const { href } of [nobody, nowhere]) {
    const options = optionsAt(href)
    expect(await codeOf(startWorker(options))).toBe("STORAGE_UNREADABLE")
    expect(failuresIn(options.events)).toEqual([])
    expect(await codeOf(startWorker({ ...optionsAt(database.url), queue: { connectionString: href } }))).toBe(
      "STORAGE_UNREADABLE",
    )
  }
  await database.pool.query("INSERT INTO homeroom.schema_versions VALUES (9999, now())")
  expect(await codeOf(startWorker(optionsAt(database.url)))).toBe("STORAGE_SCHEMA_NEWER")
})

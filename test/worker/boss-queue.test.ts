import { fork } from "node:child_process"
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import pg from "pg"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import type { ImportJob, ImportJobRequest } from "../../src/exchange/index.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { BossQueue, type BossQueueOptions } from "../../src/worker/index.ts"
import { makeDatabase, onServer, postgresServer, type TestDatabase } from "../support/postgres.ts"
import type { QueueOrder } from "../support/queue-child.ts"
import { codeOf } from "../support/roster-world.ts"

const server = await postgresServer()
if (typeof server === "string") throw new Error(server)
let database: TestDatabase
let schemas = 0

beforeAll(async () => {
  database = await makeDatabase(server)
}, 120_000)
afterAll(async () => {
  await database.drop()
  await server.stop()
})

/** A queue in a schema that no other test uses, or in that of another one. */
function queueOf(options: Partial<BossQueueOptions> = {}): BossQueue {
  const schema = options.schema ?? `queue_${++schemas}`
  const queue = new BossQueue({
    connectionString: database.url,
    pollMs: 500,
    heartbeatMs: 10_000,
    ...options,
    schema,
  })
  onTestFinished(() => queue.close())
  return queue
}

function request(districtId: string, options: Partial<ImportJobRequest> = {}): ImportJobRequest {
  return { districtId, mode: "delta", reason: "scheduled", requestedBy: "schedule", ...options }
}

/** Resolves as soon as a condition holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50))
}

test("S29 one import waits for a district, whoever asks for it and however often at once", async () => {
  const queue = queueOf()
  const added = await Promise.all(Array.from({ length: 8 }, () => queue.add(request("d1", { mode: "bulk" }))))
  expect(added.filter(({ isNew }) => isNew)).toHaveLength(1)
  expect(new Set(added.map(({ job }) => job.id)).size).toBe(1)
  const other = await queue.add(request("d2", { requestedBy: "somebody", reason: "requested", records: 12 }))
  expect(other).toMatchObject({
    isNew: true,
    job: {
      districtId: "d2",
      mode: "delta",
      reason: "requested",
      requestedBy: "somebody",
      state: "waiting",
      records: 12,
    },
  })
  expect((await queue.list()).map(({ districtId }) => districtId)).toEqual(["d1", "d2"])
  expect(await queue.list({ districtId: "d2" })).toMatchObject([{ id: other.job.id, state: "waiting" }])
})

test("what waits can be taken off the queue", async () => {
  const queue = queueOf()
  await queue.add(request("d1"))
  expect(await queue.remove("d1")).toBe(true)
  expect(await queue.remove("d1")).toBe(false)
  expect(await queue.list()).toEqual([])
  expect((await queue.add(request("d1"))).isNew).toBe(true)
})

test("a job is handled once, with what was asked for, and another may wait meanwhile", {
  timeout: 120_000,
}, async () => {
  const queue = queueOf()
  const handled: ImportJob[] = []
  let finish: () => void = () => {}
  const work = await queue.work(async (job) => {
    handled.push(job)
    await new Promise<void>((resolve) => {
      finish = resolve
    })
  })
  await queue.add(request("d1", { mode: "bulk", records: 5 }))
  await until(() => handled.length === 1)
  expect(handled).toMatchObject([
    { districtId: "d1", mode: "bulk", reason: "scheduled", records: 5, state: "running" },
  ])
  expect(await queue.add(request("d1"))).toMatchObject({ isNew: true, job: { mode: "delta" } })
  const listed = (await queue.list()).map(({ state, mode }) => `${state} ${mode}`)
  expect(listed).toEqual(["running bulk", "waiting delta"])
  finish()
  await until(() => handled.length === 2)
  finish()
  await until(async () => (await queue.list()).length === 0)
  await work.stop()
})

test("a job waits until its time has come", async () => {
  const queue = queueOf()
  const handled: string[] = []
  await queue.add(request("later", { notBefore: new Date(Date.now() + 3_600_000).toISOString() }))
  await queue.add(request("now"))
  expect((await queue.list()).map(({ districtId }) => districtId)).toEqual(["now", "later"])
  const work = await queue.work(async ({ districtId }) => {
    handled.push(districtId)
  })
  await until(async () => (await queue.list()).length === 1)
  await work.stop()
  expect(handled).toEqual(["now"])
})

test("a job whose handler rejects is tried again, and its error told", { timeout: 120_000 }, async () => {
  const errors: unknown[] = []
  const queue = queueOf({ onError: (error) => errors.push(error) })
  let tries = 0
  const work = await queue.work(async () => {
    if (++tries === 1) throw new Error("the first time")
  })
  await queue.add(request("d1"))
  await until(async () => tries === 2 && (await queue.list()).length === 0)
  await work.stop()
  expect(errors).toMatchObject([{ message: "the first time" }])
})

test("S25 stopping asks the handlers to stop, waits for them, and leaves their jobs to others", {
  timeout: 120_000,
}, async () => {
  const queue = queueOf()
  let isAborted = false
  const work = await queue.work(async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
    isAborted = true
    throw signal.reason
  })
  await queue.add(request("d1"))
  await until(async () => (await queue.list())[0]?.state === "running")
  await work.stop()
  expect(isAborted).toBe(true)
  expect(await queue.list()).toMatchObject([{ state: "waiting", districtId: "d1" }])
  const handled: string[] = []
  const other = await queue.work(async ({ districtId }) => {
    handled.push(districtId)
  })
  await until(() => handled.length === 1)
  await other.stop()
})

test("S29 large districts never have more than half of the places", { timeout: 120_000 }, async () => {
  const queue = queueOf({ largeFrom: 1_000 })
  let largeAtOnce = 0
  let mostLarge = 0
  const small: string[] = []
  const atWork: (() => void)[] = []
  for (const districtId of ["large1", "large2", "large3"])
    await queue.add(request(districtId, { records: 1_000 }))
  for (let number = 0; number < 12; number++) await queue.add(request(`small${number}`, { records: 999 }))
  const work = await queue.work(
    async ({ districtId }) => {
      if (districtId.startsWith("small")) return void small.push(districtId)
      mostLarge = Math.max(mostLarge, ++largeAtOnce)
      await new Promise<void>((resolve) => atWork.push(resolve))
      largeAtOnce--
    },
    { concurrency: 4 },
  )
  // Not one large one ends, and all small ones are done.
  await until(() => small.length === 12)
  expect(mostLarge).toBe(2)
  expect(await queue.list()).toMatchObject([{ state: "running" }, { state: "running" }, { state: "waiting" }])
  const stopped = work.stop()
  await until(() => {
    for (const finish of atWork.splice(0)) finish()
    return largeAtOnce === 0
  })
  await stopped
})

test("many workers share the jobs, and each is handled by one of them", { timeout: 120_000 }, async () => {
  const schema = "shared"
  const first = queueOf({ schema })
  await Promise.all(Array.from({ length: 40 }, (_, number) => first.add(request(`d${number}`))))
  const handled: string[] = []
  const workers = await Promise.all(
    [first, queueOf({ schema }), queueOf({ schema })].map((queue) =>
      queue.work(async ({ districtId }) => void handled.push(districtId)),
    ),
  )
  await until(() => handled.length >= 40)
  await Promise.all(workers.map((work) => work.stop()))
  expect(new Set(handled).size).toBe(40)
  expect(handled).toHaveLength(40)
})

test("S22 the job of a process that was killed is given to another, one that is alive keeps its own", {
  timeout: 120_000,
}, async () => {
  const schema = "killed"
  const queue = queueOf({ schema })
  await queue.add(request("d1"))
  const child = startWorker({ database: database.url, schema })
  await child.said("d1")
  // Two heartbeats later it is still the child's.
  await new Promise((resolve) => setTimeout(resolve, 12_000))
  expect(await queue.list()).toMatchObject([{ state: "running" }])
  const handled: string[] = []
  const work = await queue.work(async ({ districtId }) => void handled.push(districtId))
  child.kill()
  await until(() => handled.length === 1)
  await work.stop()
  expect(handled).toEqual(["d1"])
})

test("a pool of the app's own will do", async () => {
  const pool = new pg.Pool({ connectionString: database.url, max: 3 })
  const queue = new BossQueue({ pool, schema: "pooled", pollMs: 500 })
  const handled: string[] = []
  const work = await queue.work(async ({ districtId }) => void handled.push(districtId))
  await queue.add(request("d1"))
  await until(() => handled.length === 1)
  await work.stop()
  await queue.close()
  await pool.end()
})

test("a database that does not answer is told as such", async () => {
  const queue = new BossQueue({ connectionString: "postgres://nobody@127.0.0.1:9/none" })
  expect(await codeOf(queue.add(request("d1")))).toBe("QUEUE_UNREACHABLE")
  expect(await codeOf(queue.check())).toBe("QUEUE_UNREACHABLE")
  await queue.close()
  expect(await codeOf(queue.list())).toBe("QUEUE_UNREACHABLE")
})

test("a schema that is not there, or of another version, and may not be migrated is STORAGE_SCHEMA_OUTDATED", async () => {
  const schema = "not_migrated"
  expect(await codeOf(queueOf({ schema, migrate: false }).open())).toBe("STORAGE_SCHEMA_OUTDATED")
  await queueOf({ schema }).open()
  await queueOf({ schema, migrate: false }).open()
  await database.pool.query(`UPDATE ${schema}.version SET version = version - 1`)
  expect(await codeOf(queueOf({ schema, migrate: false }).open())).toBe("STORAGE_SCHEMA_OUTDATED")
})

test("is made by one role and used by another, as the operations page sets them up", {
  timeout: 60_000,
}, async () => {
  const suffix = randomBytes(4).toString("hex")
  const [owner, app] = [`owner_${suffix}`, `app_${suffix}`]
  const own = await makeDatabase(server)
  const as = (role: string) => {
    const url = new URL(own.url)
    url.username = role
    url.password = "password"
    return url.href
  }
  const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8")
  const [, rights = ""] = /```sql\n(CREATE ROLE.*?)```/s.exec(page) ?? []
  try {
    await own.pool.query(
      rights
        .replaceAll("homeroom_owner", owner)
        .replaceAll("homeroom_app", app)
        .replaceAll("'…'", "'password'")
        .replaceAll("DATABASE roster", `DATABASE ${new URL(own.url).pathname.slice(1)}`),
    )
    const storage = new PostgresStorage({ connectionString: as(owner) })
    await storage.open()
    await storage.close()
    const made = new BossQueue({ connectionString: as(owner) })
    await made.open()
    await made.close()
    for (const migrate of [true, false]) {
      const used = new PostgresStorage({ connectionString: as(app), migrate })
      await used.open()
      await used.close()
      const queue = new BossQueue({ connectionString: as(app), migrate, pollMs: 500 })
      const handled: string[] = []
      await queue.add(request("d1"))
      const work = await queue.work(async ({ districtId }) => void handled.push(districtId))
      await until(async () => handled.length === 1 && (await queue.list()).length === 0)
      await work.stop()
      await queue.close()
    }
    const create = own.pool.query(`SET ROLE ${app}; CREATE TABLE homeroom_queue.mine (id int)`)
    await expect(create).rejects.toMatchObject({ code: "42501" })
  } finally {
    await own.drop()
    for (const role of [owner, app]) await onServer(server, `DROP ROLE IF EXISTS ${role}`)
  }
})

/** A process that takes a job and never ends it. */
function startWorker(order: QueueOrder): { said: (word: string) => Promise<void>; kill: () => void } {
  const child = fork(fileURLToPath(new URL("../support/queue-child.ts", import.meta.url)), [
    JSON.stringify(order),
  ])
  onTestFinished(() => void child.kill("SIGKILL"))
  const words = new Set<unknown>()
  child.on("message", (word) => words.add(word))
  return { said: (word) => until(() => words.has(word)), kill: () => void child.kill("SIGKILL") }
}

test("wants either an address or a pool", () => {
  const pool = { query: async () => ({ rows: [] }) }
  for (const options of [{}, { pool, connectionString: "postgres://nobody@127.0.0.1:9/none" }]) {
    expect(() => new BossQueue(options)).toThrow(/either a connectionString or a pool/)
  }
})

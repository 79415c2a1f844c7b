import pg from "pg"
import { beforeEach, describe, expect, onTestFinished, test } from "vitest"
import type { Run, StagedChange } from "../../src/storage/contract.ts"
import { type PgClientLike, type PgPoolLike, PostgresStorage } from "../../src/storage/postgres/index.ts"
import { home, makeRun, mark, presentTime, put, takeLease } from "../../src/testing/fixtures.ts"
import { postgresServer, randomSchema } from "../support/postgres.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()
const idOf = (number: number): string => `u${String(number).padStart(5, "0")}`
const creates = (from: number, upTo: number): StagedChange[] =>
  Array.from({ length: upTo - from }, (_, index) => {
    const id = idOf(from + index)
    return put("create", "user", id, id, JSON.stringify({ id, note: `Zoë's \\ ${from + index}` }))
  })

describe.skipIf(typeof server === "string")("batches of ever other records, on PostgreSQL", () => {
  const database = useDatabase(server)
  let schema: string
  /** What was sent since a batch was begun, a COPY included. */
  let sent: string[]

  beforeEach(() => {
    schema = randomSchema()
    sent = []
  })

  /** Over connections of `pg` itself, so that a COPY works; `onSent` is told what is about to be sent on which. */
  async function open(
    options: {
      inSteps?: boolean
      busyTimeoutMs?: number
      onSent?: (text: string, client: Breakable) => void
    } = {},
  ): Promise<PostgresStorage> {
    const { inSteps = false, busyTimeoutMs, onSent } = options
    const pool: PgPoolLike = {
      async connect() {
        const client = await database.pool.connect()
        return new Proxy(client as unknown as PgClientLike, {
          has: (target, name) => !(inSteps && name === "connection") && Reflect.has(target, name),
          get(target, name) {
            const member = Reflect.get(target, name, target) as unknown
            if (typeof member !== "function") return member
            return (...parameters: unknown[]) => {
              if (name !== "query") return member.apply(target, parameters)
              const { text } = parameters[0] as { text: string }
              sent.push(text)
              const result: unknown = member.apply(target, parameters)
              onSent?.(text, target as unknown as Breakable)
              return result
            }
          },
        })
      },
    }
    const storage = new PostgresStorage({ pool, schema, busyTimeoutMs })
    await storage.open()
    onTestFinished(() => storage.close())
    return storage
  }

  const rowsOf = async (sql: string, of = schema) =>
    (await database.pool.query(sql.replaceAll("homeroom.", `${of}.`))).rows as unknown[]
  const staged = (of = schema) => rowsOf("SELECT * FROM homeroom.changes ORDER BY kind, id", of)
  const runs = (of = schema) => rowsOf("SELECT * FROM homeroom.runs", of)

  test("are one message each from the second on, and leave what several steps leave", async () => {
    const batches = [
      creates(0, 300),
      creates(300, 600),
      [...creates(600, 900), mark("unchanged", "section", "s1")],
      creates(900, 1_200),
      [],
    ]
    // What stands in the run's document looks like SQL, and like the name of a table.
    const strange = "Zoë's \\ homeroom.runs $$; COMMIT --"
    const tables: unknown[] = []
    for (const inSteps of [false, true]) {
      schema = randomSchema()
      const storage = await open({ inSteps })
      const lease = await takeLease(storage)
      const counted: number[] = []
      for (const [at, changes] of batches.entries()) {
        const run = makeRun({ id: "run-1", startedBy: `${strange} ${at}` })
        sent = []
        await storage.stage(lease, { run, changes })
        counted.push(sent.length)
      }
      expect(counted).toEqual(inSteps ? [4, 4, 4, 4, 3] : [4, 1, 1, 1, 3])
      expect((await storage.getRun("run-1"))?.startedBy).toBe(`${strange} 4`)
      tables.push([await staged(), await runs()])
    }
    expect(tables[0]).toEqual(tables[1])
    expect((tables[0] as unknown[][])[0]).toHaveLength(1_201)
  })

  test("give way once one brings a record again, which it replaces; no other batch of the run tries", async () => {
    const storage = await open()
    const lease = await takeLease(storage)
    const run = makeRun({ id: "run-1" })
    await storage.stage(lease, { run, changes: creates(0, 300) })
    const again = put("create", "user", idOf(7), "second", '{"id":"u00007","again":true}')
    await storage.stage(lease, { run, changes: [again, ...creates(300, 600)] })
    expect(await rowsOf(`SELECT data FROM homeroom.changes WHERE id = '${idOf(7)}'`)).toEqual([
      { data: '{"id":"u00007","again":true}' },
    ])
    expect(await storage.countStaged("run-1")).toEqual([{ kind: "user", action: "create", count: 600 }])
    sent = []
    await storage.stage(lease, { run, changes: creates(600, 900) })
    expect(sent.length).toBeGreaterThan(1)
    expect(await storage.countStaged("run-1")).toEqual([{ kind: "user", action: "create", count: 900 }])
  })

  test("a run that goes on with records staged before is sent in one message again once it is past them", async () => {
    const before = await open()
    const lease = await takeLease(before)
    const run = makeRun({ id: "run-1" })
    await before.stage(lease, { run, changes: creates(0, 300) })
    const storage = await open()
    const counted: number[] = []
    for (const from of [0, 300, 600]) {
      sent = []
      await storage.stage(lease, { run, changes: creates(from, from + 300) })
      counted.push(sent.length)
    }
    expect(counted.map((count) => count > 1)).toEqual([true, true, false])
    expect(await storage.countStaged("run-1")).toEqual([{ kind: "user", action: "create", count: 900 }])
  })

  test("S21 under a lease that somebody else has taken meanwhile: LEASE_LOST, and nothing is written", async () => {
    const storage = await open()
    const now = await presentTime(storage)
    const lease = await takeLease(storage)
    const run = makeRun({ id: "run-1" })
    await storage.stage(lease, { run, changes: creates(0, 300) })
    await storage.stage(lease, { run, changes: creates(300, 600) })
    const was = [await staged(), await runs()]
    await rowsOf(`UPDATE homeroom.districts SET held_until = ${now - 1}`)
    const other = await open()
    const taken = await other.acquireLease({ districtId: home, holder: "other", ttlMs: 60_000 })
    expect(taken.acquired).toBe(true)
    await expect(
      storage.stage(lease, { run: { ...run, records: 9 } as Run, changes: creates(600, 900) }),
    ).rejects.toMatchObject({ code: "LEASE_LOST" })
    expect([await staged(), await runs()]).toEqual(was)
  })

  test("are staged once where the connection breaks in the middle", async () => {
    let breaks = 0
    const storage = await open({
      onSent(text, client) {
        if (!/^BEGIN.*COPY.*COMMIT$/s.test(text) || breaks++ > 0) return
        client.connection.stream.destroy()
      },
    })
    const lease = await takeLease(storage)
    const run = makeRun({ id: "run-1" })
    for (const from of [0, 300, 600]) {
      await storage.stage(lease, { run, changes: creates(from, from + 300) })
    }
    expect(breaks).toBe(1)
    expect(await storage.countStaged("run-1")).toEqual([{ kind: "user", action: "create", count: 900 }])
  })

  test("are staged once where the app's pool gives up waiting before the server begins to take the bytes", async () => {
    const pool = new pg.Pool({ connectionString: database.url, query_timeout: 1_500 })
    pool.on("error", () => {})
    const storage = new PostgresStorage({ pool, schema })
    await storage.open()
    const lease = await takeLease(storage)
    const run = makeRun({ id: "run-1" })
    await storage.stage(lease, { run, changes: creates(0, 300) })
    const holder = await database.pool.connect()
    await holder.query(`BEGIN; LOCK TABLE ${schema}.runs IN ACCESS EXCLUSIVE MODE`)
    const staging = storage.stage(lease, { run, changes: creates(300, 600) })
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    await holder.query("ROLLBACK")
    holder.release()
    await staging
    expect(await storage.countStaged("run-1")).toEqual([{ kind: "user", action: "create", count: 600 }])
    await storage.close()
    await pool.end()
  })

  test("wait for another writer no longer than they are told, and once", async () => {
    const storage = await open({ busyTimeoutMs: 300 })
    const lease = await takeLease(storage)
    const run = makeRun({ id: "run-1" })
    await storage.stage(lease, { run, changes: creates(0, 300) })
    const holder = await database.pool.connect()
    try {
      const lock = sent.flatMap((text) => text.match(/SELECT pg_advisory_xact_lock\([^)]+\)/) ?? []).at(-1)
      await holder.query(`BEGIN; ${lock}`)
      sent = []
      await expect(storage.stage(lease, { run, changes: creates(300, 600) })).rejects.toMatchObject({
        code: "STORAGE_BUSY",
      })
      expect(sent.filter((text) => text.startsWith("BEGIN"))).toHaveLength(1)
    } finally {
      await holder.query("ROLLBACK")
      holder.release()
    }
    expect(await storage.countStaged("run-1")).toEqual([{ kind: "user", action: "create", count: 300 }])
  })
})

/** A connection of `pg` whose socket can be cut. */
interface Breakable {
  readonly connection: { readonly stream: { destroy(): void } }
}

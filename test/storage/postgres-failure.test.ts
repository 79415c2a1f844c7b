import pg from "pg"
import { beforeEach, describe, expect, test } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { asStorageError } from "../../src/storage/postgres/errors.ts"
import {
  type PgClientLike,
  type PgPoolLike,
  type PgQuery,
  PostgresStorage,
} from "../../src/storage/postgres/index.ts"
import {
  ended,
  everyAction,
  home,
  importChanges,
  makeRun,
  put,
  takeLease,
} from "../../src/testing/fixtures.ts"
import { onServer, postgresServer, randomSchema } from "../support/postgres.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()

/** What a driver throws when the connection is gone. */
const broken = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })

describe("errors of PostgreSQL", () => {
  test.each([
    ["53100", "STORAGE_FULL", true],
    ["55P03", "STORAGE_BUSY", true],
    ["57014", "STORAGE_BUSY", true],
    ["40P01", "STORAGE_BUSY", true],
    ["57P01", "STORAGE_UNREACHABLE", true],
    ["08006", "STORAGE_UNREACHABLE", true],
    ["53300", "STORAGE_UNREACHABLE", true],
    ["28P01", "STORAGE_UNREADABLE", false],
    ["42501", "STORAGE_UNREADABLE", false],
    ["22P05", "STORAGE_UNREADABLE", false],
  ])("SQLSTATE %s is %s", (code, expected, retryable) => {
    const error = Object.assign(new Error("what the server said"), { code, detail: "Key (id)=(Zoë) exists" })
    expect(asStorageError(error)).toMatchObject({ code: expected, retryable })
    expect(JSON.stringify(asStorageError(error))).not.toContain("Zoë")
    expect((asStorageError(error) as HomeroomError).cause).not.toHaveProperty("detail")
  })

  test("what is not PostgreSQL's stays as it is", () => {
    const error = new TypeError("a mistake")
    expect(asStorageError(error)).toBe(error)
    const own = new HomeroomError("LEASE_LOST")
    expect(asStorageError(own)).toBe(own)
  })

  test("without an address, with two, or with a schema's name that is none", () => {
    const pool = {} as PgPoolLike
    for (const options of [{}, { pool, connectionString: "postgres://x" }, { pool, schema: 'a"b' }]) {
      expect(() => new PostgresStorage(options)).toThrow(expect.objectContaining({ code: "INVALID_OPTIONS" }))
    }
  })
})

describe.skipIf(typeof server === "string")("PostgresStorage when something fails", () => {
  const database = useDatabase(server)
  let schema: string

  beforeEach(() => {
    schema = randomSchema()
  })

  async function open(pool: PgPoolLike = database.pool, busyTimeoutMs?: number): Promise<PostgresStorage> {
    const storage = new PostgresStorage({ pool, schema, busyTimeoutMs })
    await storage.open()
    return storage
  }

  /** A pool whose connections ask before and after each statement. */
  function watched(hooks: {
    before?: (text: string) => Promise<void> | void
    after?: (text: string) => Promise<void> | void
  }): PgPoolLike {
    return {
      async connect() {
        const client = await database.pool.connect()
        const query = async (query: PgQuery) => {
          await hooks.before?.(query.text)
          const result = await client.query(query)
          await hooks.after?.(query.text)
          return result
        }
        return {
          query,
          release: (error) => client.release(error),
          on: (event, listener) => client.on(event, listener),
          off: (event, listener) => client.off(event, listener),
        } satisfies PgClientLike
      },
    }
  }

  test("tells in one line that nobody answers, without the password", async () => {
    const storage = new PostgresStorage({ connectionString: "postgres://ada:secret-word@127.0.0.1:1/roster" })
    const error = await storage.open().catch((error: unknown) => error as HomeroomError)
    expect(error).toMatchObject({ code: "STORAGE_UNREACHABLE", retryable: true })
    expect((error as HomeroomError).message).toMatch(/ECONNREFUSED 127\.0\.0\.1:1/)
    expect((error as HomeroomError).message).not.toMatch(/\n|secret-word/)
    await storage.close()
  })

  test("tells that there is no such database, or no such role", async () => {
    for (const [name, word] of [
      ["pathname", "nowhere"],
      ["username", "nobody"],
    ] as const) {
      const url = new URL(database.url)
      url[name] = word
      const storage = new PostgresStorage({ connectionString: url.href })
      await expect(storage.open()).rejects.toMatchObject({
        code: "STORAGE_UNREADABLE",
        message: expect.stringMatching(new RegExp(`refused the login: .*${word}`)),
      })
      await storage.close()
    }
  })

  test("opens once the server answers, though it did not at first", async () => {
    let isDown = true
    const pool: PgPoolLike = {
      connect: () => (isDown ? Promise.reject(broken()) : database.pool.connect()),
    }
    const storage = new PostgresStorage({ pool, schema })
    await expect(storage.open()).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" })
    isDown = false
    await storage.open()
    expect(await storage.listConnections()).toEqual([])
    await storage.close()
  })

  test("goes on when the server has ended all connections", async () => {
    const storage = new PostgresStorage({ connectionString: database.url, schema })
    await storage.open()
    await importChanges(storage, [put("create", "user", "a")])
    const end = () =>
      database.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
    await end()
    expect((await storage.getDistrict(home)).version).toBe(1)
    await end()
    await importChanges(storage, [put("create", "user", "b")], { runId: "run-2" })
    expect((await storage.getDistrict(home)).counts).toEqual({ user: { active: 2, archived: 0 } })
    await storage.close()
  })

  test("waits for another transaction no longer than it may (STORAGE_BUSY)", async () => {
    const storage = await open(database.pool, 50)
    const lease = await takeLease(storage)
    const client = await database.pool.connect()
    await client.query(`BEGIN; LOCK TABLE ${schema}.runs IN ACCESS EXCLUSIVE MODE`)
    await expect(storage.saveRun(lease, makeRun())).rejects.toMatchObject({ code: "STORAGE_BUSY" })
    await client.query("ROLLBACK")
    client.release()
    await storage.saveRun(lease, makeRun())
    await storage.close()
  })

  test("a statement that the server cancels is STORAGE_BUSY, and is without effect", async () => {
    if (typeof server === "string") return
    const storage = await open()
    const lease = await takeLease(storage)
    const name = new URL(database.url).pathname.slice(1)
    await onServer(server, `ALTER DATABASE ${name} SET statement_timeout = 40`)
    const own = new PostgresStorage({ connectionString: database.url, schema })
    await own.open()
    await onServer(server, `ALTER DATABASE ${name} RESET statement_timeout`)
    const client = await database.pool.connect()
    await client.query(`BEGIN; LOCK TABLE ${schema}.runs IN ACCESS EXCLUSIVE MODE`)
    await expect(own.saveRun(lease, makeRun())).rejects.toMatchObject({ code: "STORAGE_BUSY" })
    await client.query("ROLLBACK")
    client.release()
    expect(await storage.getRun("run-1")).toBeUndefined()
    await own.close()
    await storage.close()
  })

  test("makes a transaction again that lost a deadlock or a conflict, up to five times", async () => {
    let left = 4
    const storage = await open(
      watched({
        before(text) {
          if (!/INSERT INTO .*runs/s.test(text) || left === 0) return
          left--
          throw Object.assign(new Error("deadlock detected"), { code: "40P01" })
        },
      }),
    )
    const lease = await takeLease(storage)
    await storage.saveRun(lease, makeRun())
    expect(left).toBe(0)
    left = 5
    await expect(storage.saveRun(lease, makeRun({ id: "run-2" }))).rejects.toMatchObject({
      code: "STORAGE_BUSY",
    })
    await storage.close()
  })

  test.each([
    ["before the server has it", "before"],
    ["after the server has done it", "after"],
  ] as const)("S20 a commit whose connection breaks %s is made exactly once", async (_name, when) => {
    let isArmed = false
    const storage = await open(
      watched({
        [when](text: string) {
          if (!isArmed || text !== "COMMIT") return
          isArmed = false
          throw broken()
        },
      }),
    )
    const lease = await takeLease(storage)
    const run = makeRun()
    await storage.stage(lease, { run, changes: [put("create", "user", "a")] })
    isArmed = true
    await storage.commit(lease, { run: ended(run), basis: 0, cursor: null, actions: everyAction })
    expect(isArmed).toBe(false)
    const head = await storage.getDistrict(home)
    expect([head.version, head.counts]).toEqual([1, { user: { active: 1, archived: 0 } }])
    expect(await storage.listCommits({ districtId: home, limit: 9 })).toHaveLength(1)
    await storage.close()
  })

  test("a claim whose commit nobody knows of is not made again, but told", async () => {
    let isArmed = false
    const storage = await open(
      watched({
        after(text) {
          if (isArmed && text === "COMMIT") throw broken()
        },
      }),
    )
    isArmed = true
    await expect(storage.consumeOnce("key", Date.now() + 60_000)).rejects.toMatchObject({
      code: "STORAGE_UNREACHABLE",
    })
    isArmed = false
    expect(await storage.isConsumed("key")).toBe(true)
    await storage.close()
  })

  test("S21 a writer that stands still in the middle is undone when its lease is taken over", async () => {
    let resume = (): void => {}
    let isStanding = false
    let isArmed = false
    const standing = await open(
      watched({
        async before(text) {
          if (!isArmed || text !== "COMMIT") return
          isStanding = true
          await new Promise<void>((resolve) => {
            resume = resolve
          })
        },
      }),
    )
    const other = await open()
    const old = await takeLease(standing, home, { ttlMs: 1 })
    const run = makeRun()
    await standing.stage(old, { run, changes: [put("create", "user", "a")] })
    isArmed = true
    const late = standing.commit(old, { run: ended(run), basis: 0, cursor: null, actions: everyAction })
    await expect.poll(() => isStanding).toBe(true)
    const lease = await takeLease(other)
    expect(lease.fence).toBe(old.fence + 1)
    const resumed = makeRun({ resumed: 1, fence: lease.fence })
    await other.stage(lease, { run: resumed, changes: [put("create", "user", "b")] })
    await other.commit(lease, { run: ended(resumed), basis: 0, cursor: null, actions: everyAction })
    isArmed = false
    resume()
    await expect(late).rejects.toMatchObject({ code: "LEASE_LOST" })
    const head = await other.getDistrict(home)
    expect([head.version, head.counts]).toEqual([1, { user: { active: 2, archived: 0 } }])
    await standing.close()
    await other.close()
  })

  test("S21 a lease is renewed while a long commit is under way", async () => {
    let isHeld = false
    let isStanding = false
    let resume = (): void => {}
    const storage = await open(
      watched({
        async before(text) {
          if (!isHeld || !/UPDATE .*districts SET version/.test(text)) return
          isStanding = true
          await new Promise<void>((resolve) => {
            resume = resolve
          })
        },
      }),
    )
    const lease = await takeLease(storage)
    const run = makeRun()
    await storage.stage(lease, { run, changes: [put("create", "user", "a")] })
    isHeld = true
    const commit = storage.commit(lease, { run: ended(run), basis: 0, cursor: null, actions: everyAction })
    expect(await storage.renewLease(lease, 60_000)).toBe(true)
    await expect.poll(() => isStanding).toBe(true)
    expect(await storage.renewLease(lease, 60_000)).toBe(true)
    isHeld = false
    resume()
    await commit
    await storage.close()
  })

  test("S21 leases run by the database's clock, whatever this machine's says", async () => {
    const storage = await open()
    const realNow = Date.now
    try {
      Date.now = () => realNow() - 3_600_000
      await takeLease(storage, home, { ttlMs: 60_000 })
      Date.now = () => realNow() + 3_600_000
      const answer = await storage.acquireLease({ districtId: home, holder: "other", ttlMs: 1 })
      expect(answer.acquired).toBe(false)
    } finally {
      Date.now = realNow
    }
    await storage.close()
  })

  test("keeps a pool of the app open, and ends its own", async () => {
    const storage = await open()
    await storage.close()
    expect((await database.pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }])
    const own = new PostgresStorage({ connectionString: database.url, schema })
    await own.open()
    await own.close()
    await expect
      .poll(async () => {
        const client = new pg.Client({ connectionString: database.url })
        await client.connect()
        const { rows } = await client.query(
          "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()",
        )
        await client.end()
        return (rows[0] as { n: number }).n
      })
      .toBeLessThanOrEqual(database.pool.totalCount + 1)
  })
})

import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Action, Lease, StagedChange } from "../../src/storage/contract.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { Sql, Statements } from "../../src/storage/postgres/sql.ts"
import { stagedCounts } from "../../src/storage/postgres/staged-counts.ts"
import { home, importChanges, makeRun, mark, put, reject, takeLease } from "../../src/testing/fixtures.ts"
import { postgresServer, randomSchema } from "../support/postgres.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()

describe.skipIf(typeof server === "string")("how many changes a run has staged", () => {
  const database = useDatabase(server)
  let schema: string
  let storage: PostgresStorage
  let lease: Lease

  beforeEach(async () => {
    schema = randomSchema()
    storage = new PostgresStorage({ pool: database.pool, schema })
    await storage.open()
    lease = await takeLease(storage)
  })

  afterEach(() => storage.close())

  const run = makeRun({ id: "run-1" })
  const idOf = (number: number) => `u${String(number).padStart(4, "0")}`
  const creates = (from: number, upTo: number) =>
    Array.from({ length: upTo - from }, (_, index) => put("create", "user", idOf(from + index)))
  const stage = (changes: readonly StagedChange[]) => storage.stage(lease, { run, changes })

  /** As its row has it; null: not known. */
  async function kept(): Promise<number[] | null> {
    const { rows } = await database.pool.query(`SELECT staged FROM ${schema}.runs WHERE id = 'run-1'`)
    return rows[0].staged
  }

  /** As the rows are counted. */
  async function counted(): Promise<unknown> {
    const client = await database.pool.connect()
    try {
      const { rows } = await client.query(`SELECT key FROM ${schema}.runs WHERE id = 'run-1'`)
      return await stagedCounts(new Sql(client, new Statements(schema, false)), rows[0].key, null)
    } finally {
      client.release()
    }
  }

  test("stands in the run's row, so that nothing is counted after batches of other records", async () => {
    await stage(creates(0, 300))
    await stage([...creates(300, 700), reject("school", "?1")])
    await stage(creates(700, 710))
    await stage([])
    await storage.saveRun(lease, run)
    expect((await kept())?.filter((count) => count > 0)).toEqual([1, 710])
    expect(await storage.countStaged("run-1")).toEqual(await counted())
  })

  test("is counted anew once a change may have replaced another, or was erased or purged", async () => {
    await stage(creates(0, 300))
    await stage([mark("unchanged", "user", idOf(7))])
    expect(await kept()).toBeNull()
    expect(await storage.countStaged("run-1")).toEqual([
      { kind: "user", action: "create", count: 299 },
      { kind: "user", action: "unchanged", count: 1 },
    ])
    await storage.discardStaged(lease, run)
    expect(await storage.countStaged("run-1")).toEqual([])
    await stage(creates(0, 300))
    expect(await kept()).not.toBeNull()
    await storage.erase(lease, { districtId: home, kind: "user", id: idOf(9) })
    expect(await storage.countStaged("run-1")).toEqual([{ kind: "user", action: "create", count: 299 }])
    await storage.discardStaged(lease, run)
    await stage(creates(0, 10))
    await storage.purge(lease, { districtId: home, stagedBefore: "2027-01-01T00:00:00.000Z" })
    expect(await storage.countStaged("run-1")).toEqual([])
  })

  test("is right after any batches, of new records and known ones", async () => {
    await storage.releaseLease(lease)
    await importChanges(storage, creates(0, 400), { runId: "run-0" })
    const actions: readonly Action[] = ["create", "update", "archive", "unchanged", "refresh"]
    const batch = fc.record({
      from: fc.nat(900),
      size: fc.oneof(fc.nat(5), fc.integer({ min: 190, max: 260 })),
      step: fc.integer({ min: 1, max: 3 }),
      action: fc.constantFrom(...actions),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 6 }), async (batches) => {
        lease = await takeLease(storage)
        await storage.discardStaged(lease, run)
        for (const { from, size, step, action } of batches) {
          const ids = Array.from({ length: size }, (_, index) => idOf(from + index * step))
          await stage(
            ids.map((id) =>
              action === "archive" || action === "unchanged"
                ? mark(action, "user", id)
                : put(action as "create", "user", id),
            ),
          )
        }
        expect(await storage.countStaged("run-1")).toEqual(await counted())
        await storage.releaseLease(lease)
      }),
      { numRuns: 25 },
    )
  })
})

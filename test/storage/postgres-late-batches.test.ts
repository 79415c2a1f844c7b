import { describe, expect, test } from "vitest"
import { isHomeroomError } from "../../src/errors/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import type { Lease, Run, StagedChange } from "../../src/storage/contract.ts"
import { type PgClientLike, type PgPoolLike, PostgresStorage } from "../../src/storage/postgres/index.ts"
import { ended, everyAction, makeRun, put } from "../../src/testing/fixtures.ts"
import { postgresServer, randomSchema } from "../support/postgres.ts"
import { seed } from "../support/seed.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()

/** Districts taken over side by side, and how many one after another. */
const fields = 6
const rounds = 18
/** Enough for a COPY; from the second batch of a run on it is a single message. */
const batchSize = 250
const batches = 3

interface Writer {
  readonly storage: PostgresStorage
  /** Told before each message that begins, copies and commits at once. */
  onAtOnce: () => void
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const batchOf = (who: string, number: number): StagedChange[] =>
  Array.from({ length: batchSize }, (_, index) => put("create", "user", `${who}-${number}-${index}`, who))

describe.skipIf(typeof server === "string")("two writers of one run, with batches in single messages", () => {
  const database = useDatabase(server)
  const schema = randomSchema()

  /** A storage over connections of `pg` itself; every message waits for a few turns of the event loop. */
  async function openWriter(random: () => number): Promise<Writer> {
    const pool: PgPoolLike = {
      async connect() {
        const client = await database.pool.connect()
        return new Proxy(client as unknown as PgClientLike, {
          get(target, name) {
            const member = Reflect.get(target, name, target) as unknown
            if (typeof member !== "function") return member
            return (...parameters: unknown[]) => {
              if (name !== "query") return member.apply(target, parameters)
              if (/begin_batch/.test((parameters[0] as { text: string }).text)) writer.onAtOnce()
              return turns(Math.floor(random() * 6)).then(() => member.apply(target, parameters) as unknown)
            }
          },
        })
      },
    }
    const writer: Writer = { storage: new PostgresStorage({ pool, schema }), onAtOnce: () => {} }
    await writer.storage.open()
    return writer
  }

  async function leaseOf(storage: PostgresStorage, districtId: string, holder: string): Promise<Lease> {
    for (;;) {
      const answer = await storage.acquireLease({ districtId, holder, ttlMs: 1 })
      if (answer.acquired) return answer.lease
    }
  }

  test(`S21 what comes late of the one is in nothing that the other commits: ${fields * rounds} rounds`, {
    timeout: 120_000,
  }, async () => {
    let late = 0
    let lost = 0
    await Promise.all(
      Array.from({ length: fields }, async (_, field) => {
        const random = seededRandom(seed(), `field-${field}`)
        const next = () => random.next()
        const [one, two] = [await openWriter(next), await openWriter(next)]
        for (let round = 0; round < rounds; round++) {
          const districtId = `district-${field}-${round}`
          const where = `${districtId}, HOMEROOM_TEST_SEED=${seed()}`
          const run: Run = makeRun({ id: `run-${field}-${round}`, districtId })
          let isTaken = false
          let take: () => void = () => {}
          const taken = new Promise<void>((resolve) => {
            take = resolve
          })
          // In every other round the one stands still until the other has its lease.
          const standsStill = round % 2 === 0
          one.onAtOnce = () => {
            if (isTaken) late++
          }
          const old = await leaseOf(one.storage, districtId, "one")
          const overtakenAfter = Math.floor(next() * batches)
          const wait = Math.floor(next() * 20)
          let staged = 0
          let reach: () => void = () => {}
          const reached = new Promise<void>((resolve) => {
            reach = resolve
          })

          const overtaken = (async () => {
            try {
              for (let number = 0; number < batches; number++) {
                if (staged >= overtakenAfter) {
                  reach()
                  if (standsStill) await taken
                }
                await turns(Math.floor(next() * 20))
                await one.storage.stage(old, { run, changes: batchOf("one", number) })
                staged++
              }
              return "staged"
            } catch (error) {
              if (isHomeroomError(error) && error.code === "LEASE_LOST") return "LEASE_LOST"
              throw error
            } finally {
              reach()
            }
          })()
          await reached
          await turns(wait)
          // The other goes on with the same run, from its beginning.
          const lease = await leaseOf(two.storage, districtId, "two")
          isTaken = true
          take()
          await two.storage.discardStaged(lease, run)
          for (let number = 0; number < batches; number++) {
            await two.storage.stage(lease, { run, changes: batchOf("two", number) })
          }
          const end = { run: ended(run), basis: 0, cursor: null, actions: everyAction }
          await two.storage.commit(lease, end)
          if ((await overtaken) === "LEASE_LOST") lost++
          await expect(one.storage.commit(old, end), where).rejects.toMatchObject({ code: "LEASE_LOST" })

          const { rows } = await database.pool.query(
            `SELECT split_part(c.id, '-', 1) AS who, count(*)::int AS n FROM ${schema}.changes c
             JOIN ${schema}.runs r ON r.key = c.run WHERE r.id = $1 GROUP BY 1`,
            [run.id],
          )
          expect(rows, where).toEqual([{ who: "two", n: batches * batchSize }])
          expect((await two.storage.getDistrict(districtId)).counts, where).toEqual({
            user: { active: batches * batchSize, archived: 0 },
          })
        }
        await one.storage.close()
        await two.storage.close()
      }),
    )
    // Rounds in which nothing came late would prove little.
    expect(lost).toBeGreaterThan((fields * rounds) / 10)
    expect(late).toBeGreaterThan((fields * rounds) / 20)
  })
})

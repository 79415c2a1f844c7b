import { describe, expect, test } from "vitest"
import { isHomeroomError } from "../../src/errors/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import type { Lease } from "../../src/storage/contract.ts"
import { type PgPoolLike, PostgresStorage } from "../../src/storage/postgres/index.ts"
import { ended, everyAction, makeRun, mark, put } from "../../src/testing/fixtures.ts"
import { postgresServer, randomSchema } from "../support/postgres.ts"
import { seed } from "../support/seed.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()

/** Districts that are fought over side by side, and how often each. */
const fields = 16
const rounds = 150

/** How an attempt to import ended. */
type Outcome = "committed" | "LEASE_LOST" | "PLAN_STALE" | "refused"

describe.skipIf(typeof server === "string")("two writers on one district", () => {
  const database = useDatabase(server)
  const schema = randomSchema()

  /** A storage whose every statement waits for a few turns of the event loop, as many as `random` says. */
  async function slowed(random: () => number): Promise<PostgresStorage> {
    const pool: PgPoolLike = {
      async connect() {
        const client = await database.pool.connect()
        return {
          async query(query) {
            for (let turns = Math.floor(random() * 6); turns > 0; turns--) {
              await new Promise((resolve) => setImmediate(resolve))
            }
            return client.query(query)
          },
          release: (error) => client.release(error),
          on: (event, listener) => client.on(event, listener),
          off: (event, listener) => client.off(event, listener),
        }
      },
    }
    const storage = new PostgresStorage({ pool, schema })
    await storage.open()
    return storage
  }

  /** Takes the lease if it can, stages a change of the one record and commits it on the version that it saw. */
  async function attempt(
    storage: PostgresStorage,
    districtId: string,
    { runId, lease }: { runId: string; lease: Lease | undefined },
  ): Promise<Outcome> {
    try {
      const answer =
        lease === undefined
          ? await storage.acquireLease({ districtId, holder: runId, ttlMs: 1 })
          : ({ acquired: true, lease } as const)
      if (!answer.acquired) return "refused"
      const { version } = await storage.getDistrict(districtId)
      const run = makeRun({ id: runId, districtId, basis: version, fence: answer.lease.fence })
      const change = version === 0 ? put("create", "user", "u", runId) : put("update", "user", "u", runId)
      await storage.stage(answer.lease, { run, changes: [change, mark("unchanged", "school", "s")] })
      const end = { run: ended(run), basis: version, cursor: null, actions: everyAction }
      await storage.commit(answer.lease, end)
      return "committed"
    } catch (error) {
      const code = isHomeroomError(error) ? error.code : undefined
      if (code === "LEASE_LOST" || code === "PLAN_STALE") return code
      throw error
    }
  }

  test(`S21 never both commit on one version: ${fields * rounds} rounds in which one overtakes the other at some statement`, {
    timeout: 300_000,
  }, async () => {
    const seen = new Map<string, number>()
    await Promise.all(
      Array.from({ length: fields }, async (_, field) => {
        const districtId = `district-${field}`
        const random = seededRandom(seed(), districtId)
        const next = () => random.next()
        const [one, two] = [await slowed(next), await slowed(next)]
        let version = 0
        let last = ""
        for (let round = 0; round < rounds; round++) {
          // Every other round both believe in one lease, as a process does that woke up late.
          const shared =
            round % 2 === 0
              ? undefined
              : await one.acquireLease({ districtId, holder: "both", ttlMs: 600_000 })
          const lease = shared?.acquired ? shared.lease : undefined
          const runIds = [`${districtId}-${round}-a`, `${districtId}-${round}-b`] as const
          const outcomes = await Promise.all([
            attempt(one, districtId, { runId: runIds[0], lease }),
            attempt(two, districtId, { runId: runIds[1], lease }),
          ])
          if (lease !== undefined) await one.releaseLease(lease)
          const what = outcomes.toSorted().join(" and ")
          seen.set(what, (seen.get(what) ?? 0) + 1)

          const where = `${districtId}, round ${round}, HOMEROOM_TEST_SEED=${seed()}`
          const commits = await one.listCommits({ districtId, after: version, limit: 10 })
          const won = runIds.filter((_, index) => outcomes[index] === "committed")
          // Each commit was made on the version before it; who saw an older one was refused.
          expect(commits.map((commit) => commit.runId).toSorted(), where).toEqual(won.toSorted())
          expect(
            commits.map((commit) => commit.version),
            where,
          ).toEqual(won.map((_, index) => version + 1 + index))
          version += won.length
          last = commits.at(-1)?.runId ?? last
          const [record] = await two.getRecords({ districtId, kind: "user", ids: ["u"] })
          expect(record?.raw, where).toBe(`raw u ${last}`)
          for (const [index, { runId }] of commits.entries()) {
            const [change] = await one.listChanges({ runId, limit: 2 })
            const before = index === 0 ? undefined : commits[index - 1]?.runId
            if (before !== undefined) expect(change?.before, where).toContain(before)
            expect(change?.after, where).toContain(runId)
          }
          const bases = await Promise.all(won.map((runId) => one.getRun(runId)))
          expect(new Set(bases.map((run) => run?.basis)).size, where).toBe(won.length)
        }
        await one.close()
        await two.close()
      }),
    )
    // Rounds in which nobody overtook anybody would prove little.
    const overtaken = [...seen].filter(([what]) => /LEASE_LOST|PLAN_STALE/.test(what))
    expect(overtaken.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan((fields * rounds) / 10)
    expect(seen.get("PLAN_STALE and committed") ?? 0).toBeGreaterThan(0)
    expect(seen.get("LEASE_LOST and committed") ?? 0).toBeGreaterThan(0)
  })
})

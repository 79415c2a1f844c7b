import assert from "node:assert/strict"
import { setImmediate as nextTurn } from "node:timers/promises"
import { all, changesOf, refused, same, snapshot } from "./checks.ts"
import {
  away,
  ended,
  everyAction,
  home,
  importChanges,
  makeConnection,
  makeCursor,
  makeRun,
  put,
  takeLease,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const longMs = 600_000

export function concurrencyChapter({ describe, it, options }: Suite): void {
  if (options.second === undefined) return
  describe("two storages on one store", () => {
    it("see what the other wrote", async ({ storage, second }) => {
      const other = await second()
      await importChanges(storage, [put("create", "user", "a")], { runId: "run-1", cursor: makeCursor("e1") })
      await other.saveConnection(makeConnection())
      await importChanges(other, [put("update", "user", "a", "second")], { runId: "run-2" })
      const what = { districtIds: [home, away], runIds: ["run-1", "run-2"] }
      same(await snapshot(storage, what), await snapshot(other, what))
      assert.equal((await storage.getDistrict(home)).version, 2)
      same(await storage.getConnection(home), makeConnection())
    })

    it("race for a lease, and one gets it", async ({ storage, second }) => {
      const other = await second()
      for (let round = 1; round <= 20; round++) {
        const answers = await Promise.all(
          [storage, other, storage, other].map((one, index) =>
            one.acquireLease({ districtId: home, holder: `host:${index}`, ttlMs: longMs }),
          ),
        )
        const leases = answers.flatMap((answer) => (answer.acquired ? [answer.lease] : []))
        const [lease] = leases
        assert.ok(lease !== undefined && leases.length === 1, `${leases.length} leases were granted at once`)
        for (const one of [storage, other]) assert.equal((await one.getLease(home))?.holder, lease.holder)
        await (round % 2 === 0 ? storage : other).releaseLease(lease)
      }
    })

    it("race for leases of many districts", async ({ storage, second }) => {
      const other = await second()
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 === 0 ? storage : other).acquireLease({
            districtId: `district-${Math.floor(index / 4)}`,
            holder: `host:${index}`,
            ttlMs: longMs,
          }),
        ),
      )
      const winners = answers.flatMap((answer) => (answer.acquired ? [answer.lease.districtId] : []))
      same(
        winners.toSorted(),
        Array.from({ length: 10 }, (_, index) => `district-${index}`),
      )
    })

    it("race to take over an expired lease, and the old holder writes nothing more", async ({
      storage,
      second,
      pass,
    }) => {
      const other = await second()
      const old = await takeLease(storage, home, { ttlMs: 30 })
      const run = makeRun()
      await storage.stage(old, { run, changes: [put("create", "user", "a")] })
      await pass(50)
      const answers = await Promise.all(
        [other, other, other].map((one, index) =>
          one.acquireLease({ districtId: home, holder: `other:${index}`, ttlMs: longMs }),
        ),
      )
      const leases = answers.flatMap((answer) => (answer.acquired ? [answer.lease] : []))
      assert.equal(leases.length, 1)
      assert.equal(leases[0]?.fence, old.fence + 1)
      const end = { run: ended(run), basis: 0, cursor: null, actions: everyAction }
      await refused(storage.commit(old, end), "LEASE_LOST")
      await refused(storage.saveRun(old, run), "LEASE_LOST")
      assert.equal(await storage.renewLease(old, longMs), false)
      same((await other.getDistrict(home)).counts, {})
    })

    it("let one take up what the other staged", async ({ storage, second }) => {
      const other = await second()
      const run = makeRun()
      const old = await takeLease(storage)
      await storage.stage(old, { run, changes: [put("create", "user", "a")] })
      await storage.releaseLease(old)
      const lease = await takeLease(other)
      await other.stage(lease, { run, changes: [put("create", "user", "b")] })
      await other.commit(lease, { run: ended(run), basis: 0, cursor: null, actions: everyAction })
      same(
        (await changesOf(storage, run.id)).map((one) => one.id),
        ["a", "b"],
      )
    })

    it("write different districts at the same time", async ({ storage, second }) => {
      const other = await second()
      const importDays = async (one: typeof storage, districtId: string): Promise<void> => {
        for (let day = 0; day < 10; day++) {
          const changes = Array.from({ length: 50 }, (_, index) => put("create", "user", `u${day}-${index}`))
          await importChanges(one, changes, { runId: `${districtId}-${day}`, districtId })
        }
      }
      await Promise.all([importDays(storage, home), importDays(other, away)])
      for (const districtId of [home, away]) {
        const head = await storage.getDistrict(districtId)
        same([head.version, head.counts], [10, { user: { active: 500, archived: 0 } }])
      }
    })

    it("show each other the roster before or after a commit, never between", async ({ storage, second }) => {
      const other = await second()
      const lease = await takeLease(storage)
      const run = makeRun()
      const changes = Array.from({ length: 5_000 }, (_, index) => put("create", "user", `u${index}`))
      await storage.stage(lease, { run, changes })
      let done = false
      const end = { run: ended(run), basis: 0, cursor: null, actions: everyAction }
      const commit = storage.commit(lease, end).finally(() => {
        done = true
      })
      const query = { districtId: home, kind: "user" as const, after: "", limit: all }
      const seen = new Set<number>()
      do {
        seen.add((await other.listFingerprints(query)).length)
        await nextTurn()
      } while (!done)
      await commit
      seen.add((await other.listFingerprints(query)).length)
      same(
        [...seen].filter((count) => count !== 0),
        [5_000],
      )
    })

    it("close one without the other", async ({ storage, second }) => {
      const other = await second()
      await importChanges(other, [put("create", "user", "a")])
      await other.close()
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 0 } })
      await importChanges(storage, [put("create", "user", "b")], { runId: "run-2" })
    })
  })
}

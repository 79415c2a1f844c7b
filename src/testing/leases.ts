import assert from "node:assert/strict"
import { same } from "./checks.ts"
import { away, home, takeLease } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

/** Long enough for a slow store to be asked twice, short enough to wait for. */
const briefMs = 40
const longMs = 600_000

export function leasesChapter({ describe, it, options }: Suite): void {
  describe("leases", () => {
    it("grants the lease of a district that nobody holds", async ({ storage }) => {
      const answer = await storage.acquireLease({ districtId: home, holder: "host:1", ttlMs: longMs })
      assert.ok(answer.acquired)
      same(answer.lease, { districtId: home, holder: "host:1", fence: answer.lease.fence })
      assert.ok(Number.isSafeInteger(answer.lease.fence) && answer.lease.fence >= 1)
    })

    it("tells who holds it, since when and until when, instead of granting it twice", async ({ storage }) => {
      const lease = await takeLease(storage, home, { holder: "first:1", ttlMs: longMs })
      const answer = await storage.acquireLease({ districtId: home, holder: "second:2", ttlMs: longMs })
      assert.ok(!answer.acquired)
      const { since, expiresAt, ...held } = answer.held
      same(held, lease)
      assert.equal(new Date(since).toISOString(), since)
      assert.equal(new Date(expiresAt).toISOString(), expiresAt)
      assert.equal(Date.parse(expiresAt) - Date.parse(since), longMs)
      same(await storage.getLease(home), answer.held)
    })

    it("does not grant it again to its own holder", async ({ storage }) => {
      await takeLease(storage, home, { holder: "host:1" })
      const answer = await storage.acquireLease({ districtId: home, holder: "host:1", ttlMs: longMs })
      assert.ok(!answer.acquired)
    })

    it("grants each district's lease by itself", async ({ storage }) => {
      await takeLease(storage, home, { holder: "first:1" })
      await takeLease(storage, away, { holder: "second:2" })
      assert.equal((await storage.getLease(home))?.holder, "first:1")
      assert.equal((await storage.getLease(away))?.holder, "second:2")
    })

    it("grants it to exactly one of many who ask at once", async ({ storage }) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          storage.acquireLease({ districtId: home, holder: `host:${index}`, ttlMs: longMs }),
        ),
      )
      const winners = answers.flatMap((answer) => (answer.acquired ? [answer.lease] : []))
      assert.equal(winners.length, 1)
      for (const answer of answers) {
        if (!answer.acquired) assert.equal(answer.held.fence, winners[0]?.fence)
      }
    })

    it("raises the fence by one with every lease, ended, expired or refused ones between", async ({
      storage,
      pass,
    }) => {
      let fence = 0
      for (let round = 0; round < 6; round++) {
        const expires = round % 2 === 1
        const lease = await takeLease(storage, home, { ttlMs: expires ? briefMs : longMs })
        if (round > 0) assert.equal(lease.fence, fence + 1)
        fence = lease.fence
        if (expires) {
          await pass(briefMs + 10)
        } else {
          await storage.acquireLease({ districtId: home, holder: "other:1", ttlMs: longMs })
          await storage.releaseLease(lease)
        }
      }
    })

    it("shows no lease of a district that never had one", async ({ storage }) => {
      assert.equal(await storage.getLease(home), undefined)
    })

    it("shows no lease whose time is up, and grants the next one", async ({ storage, pass }) => {
      const old = await takeLease(storage, home, { ttlMs: briefMs })
      await pass(briefMs + 10)
      assert.equal(await storage.getLease(home), undefined)
      const lease = await takeLease(storage, home, { holder: "second:2" })
      assert.equal(lease.fence, old.fence + 1)
      assert.equal((await storage.getLease(home))?.holder, "second:2")
    })

    if (options.advanceClock !== undefined) {
      it("holds a lease to the last millisecond and no longer", async ({ storage, pass }) => {
        await takeLease(storage, home, { ttlMs: 20_000 })
        await pass(19_999)
        assert.ok(await storage.getLease(home))
        const early = await storage.acquireLease({ districtId: home, holder: "second:2", ttlMs: 20_000 })
        assert.ok(!early.acquired)
        await pass(1)
        assert.equal(await storage.getLease(home), undefined)
        await takeLease(storage, home, { holder: "second:2" })
      })

      it("extends a lease from now, not from its former end", async ({ storage, pass }) => {
        const lease = await takeLease(storage, home, { ttlMs: 20_000 })
        await pass(5_000)
        assert.equal(await storage.renewLease(lease, 20_000), true)
        const held = await storage.getLease(home)
        assert.ok(held)
        assert.equal(Date.parse(held.expiresAt) - Date.parse(held.since), 25_000)
        await pass(19_999)
        assert.ok(await storage.getLease(home))
        await pass(1)
        assert.equal(await storage.getLease(home), undefined)
      })
    }

    it("renews a lease without changing its fence, holder or beginning", async ({ storage, pass }) => {
      const lease = await takeLease(storage, home, { ttlMs: longMs })
      const before = await storage.getLease(home)
      await pass(5)
      assert.equal(await storage.renewLease(lease, 2 * longMs), true)
      const after = await storage.getLease(home)
      assert.ok(before && after)
      same({ ...after, expiresAt: before.expiresAt }, before)
      assert.ok(after.expiresAt > before.expiresAt)
    })

    it("shortens a lease that is renewed for less", async ({ storage, pass }) => {
      const lease = await takeLease(storage, home, { ttlMs: longMs })
      assert.equal(await storage.renewLease(lease, briefMs), true)
      await pass(briefMs + 10)
      assert.equal(await storage.getLease(home), undefined)
    })

    it("renews an expired lease that nobody took over", async ({ storage, pass }) => {
      const lease = await takeLease(storage, home, { ttlMs: briefMs })
      await pass(briefMs + 10)
      assert.equal(await storage.renewLease(lease, longMs), true)
      assert.equal((await storage.getLease(home))?.fence, lease.fence)
    })

    it("does not renew a lease that was taken over, and leaves the newer one as it is", async ({
      storage,
      pass,
    }) => {
      const old = await takeLease(storage, home, { ttlMs: briefMs })
      await pass(briefMs + 10)
      await takeLease(storage, home, { holder: "second:2", ttlMs: longMs })
      const held = await storage.getLease(home)
      assert.equal(await storage.renewLease(old, 2 * longMs), false)
      same(await storage.getLease(home), held)
    })

    it("does not renew a lease that was released, so that a late heartbeat can't revive it", async ({
      storage,
    }) => {
      const lease = await takeLease(storage, home)
      await storage.releaseLease(lease)
      assert.equal(await storage.renewLease(lease, longMs), false)
      assert.equal(await storage.getLease(home), undefined)
    })

    it("does not renew a lease that was never granted", async ({ storage }) => {
      const lease = await takeLease(storage, home)
      assert.equal(await storage.renewLease({ ...lease, fence: lease.fence + 1 }, longMs), false)
      assert.equal(await storage.renewLease({ ...lease, districtId: away }, longMs), false)
      assert.equal(await storage.getLease(away), undefined)
    })

    it("grants the next lease at once after a release", async ({ storage }) => {
      const first = await takeLease(storage, home, { ttlMs: longMs })
      await storage.releaseLease(first)
      assert.equal(await storage.getLease(home), undefined)
      const second = await takeLease(storage, home, { holder: "second:2" })
      assert.equal(second.fence, first.fence + 1)
    })

    it("ignores the release of a lease that is not the newest", async ({ storage }) => {
      const first = await takeLease(storage, home)
      await storage.releaseLease(first)
      await storage.releaseLease(first)
      const second = await takeLease(storage, home, { holder: "second:2" })
      await storage.releaseLease(first)
      await storage.releaseLease({ ...second, fence: second.fence + 1 })
      await storage.releaseLease({ ...second, districtId: away })
      assert.equal((await storage.getLease(home))?.fence, second.fence)
    })
  })
}

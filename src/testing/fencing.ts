import type { Lease, RosterStorage } from "../storage/contract.ts"
import { refused, same, snapshot } from "./checks.ts"
import {
  away,
  ended,
  everyAction,
  home,
  importChanges,
  makeCursor,
  makeOverride,
  makeRun,
  put,
  reject,
  takeLease,
} from "./fixtures.ts"
import type { Bench, Suite } from "./suite.ts"

const what = {
  districtIds: [home, away],
  runIds: ["run-0", "run-1", "run-new"],
  collections: ["notes"],
}

type Write = (storage: RosterStorage, lease: Lease) => Promise<void>

const run = makeRun({ id: "run-1", basis: 1, records: 7 })

/** Every method that writes under a lease. */
const writes: Readonly<Record<string, Write>> = {
  "saveRun of a new run": (storage, lease) => storage.saveRun(lease, makeRun({ id: "run-new" })),
  "saveRun of a known run": (storage, lease) => storage.saveRun(lease, ended(run, "failed")),
  stage: (storage, lease) => storage.stage(lease, { run, changes: [put("create", "user", "late")] }),
  "stage of nothing": (storage, lease) => storage.stage(lease, { run, changes: [] }),
  discardStaged: (storage, lease) => storage.discardStaged(lease, ended(run, "discarded")),
  commit: (storage, lease) =>
    storage.commit(lease, {
      run: ended(run),
      basis: 1,
      cursor: makeCursor("late"),
      actions: everyAction,
      overrides: [makeOverride()],
      documents: [{ collection: "notes", key: "late", districtId: home, value: "late" }],
    }),
  "commit on a stale basis": (storage, lease) =>
    storage.commit(lease, { run: ended(run), basis: 0, cursor: null, actions: everyAction }),
}

/** A lease that gives no right to write `home`, made in one way each. */
const lost: Readonly<Record<string, (bench: Bench, lease: Lease) => Promise<Lease>>> = {
  "another one took over after it expired": async ({ storage, pass }, lease) => {
    await storage.renewLease(lease, 1)
    await pass(20)
    await takeLease(storage, home, { holder: "second:2" })
    return lease
  },
  "it was released and another one granted": async ({ storage }, lease) => {
    await storage.releaseLease(lease)
    await takeLease(storage, home, { holder: "second:2" })
    return lease
  },
  "the other one has ended as well": async ({ storage }, lease) => {
    await storage.releaseLease(lease)
    await storage.releaseLease(await takeLease(storage, home, { holder: "second:2" }))
    return lease
  },
  "it was released": async ({ storage }, lease) => {
    await storage.releaseLease(lease)
    return lease
  },
  "its fence was never given": async (_bench, lease) => ({ ...lease, fence: lease.fence + 1 }),
  "it is another district's": async ({ storage }, lease) => {
    let other = await takeLease(storage, away)
    while (other.fence < lease.fence) {
      await storage.releaseLease(other)
      other = await takeLease(storage, away)
    }
    return other
  },
}

export function fencingChapter({ describe, it }: Suite): void {
  describe("fencing: a lease that is not the district's newest writes nothing (LEASE_LOST)", () => {
    for (const [reason, lose] of Object.entries(lost)) {
      it(`when ${reason}`, async (bench) => {
        const { storage } = bench
        await importChanges(storage, [put("create", "user", "known")], { runId: "run-0" })
        const lease = await takeLease(storage)
        await storage.stage(lease, {
          run: makeRun({ id: "run-1", basis: 1 }),
          changes: [put("update", "user", "known", "second"), reject("user", "?1")],
        })
        const stale = await lose(bench, lease)
        const before = await snapshot(storage, what)
        for (const write of Object.values(writes)) await refused(write(storage, stale), "LEASE_LOST")
        same(await snapshot(storage, what), before)
      })
    }

    it("when the district never had a lease", async ({ storage }) => {
      const before = await snapshot(storage, what)
      const lease = { districtId: home, holder: "host:1", fence: 1 }
      for (const write of Object.values(writes)) await refused(write(storage, lease), "LEASE_LOST")
      same(await snapshot(storage, what), before)
    })

    it("but an expired lease that nobody took over still writes", async ({ storage, pass }) => {
      const lease = await takeLease(storage, home, { ttlMs: 1 })
      await pass(20)
      const first = makeRun({ id: "run-1" })
      await storage.saveRun(lease, first)
      await storage.stage(lease, { run: first, changes: [put("create", "user", "a")] })
      await storage.discardStaged(lease, first)
      await storage.stage(lease, { run: first, changes: [put("create", "user", "b")] })
      await storage.commit(lease, { run: ended(first), basis: 0, cursor: null, actions: everyAction })
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 0 } })
    })

    it("and the newer holder takes up what the older one staged", async ({ storage }) => {
      const first = makeRun({ id: "run-1" })
      const old = await takeLease(storage)
      await storage.stage(old, { run: first, changes: [put("create", "user", "a")] })
      await storage.releaseLease(old)
      const lease = await takeLease(storage, home, { holder: "second:2" })
      const resumed = makeRun({ id: "run-1", resumed: 1, fence: lease.fence })
      await storage.stage(lease, { run: resumed, changes: [put("create", "user", "b")] })
      await storage.commit(lease, { run: ended(resumed), basis: 0, cursor: null, actions: everyAction })
      same((await storage.getDistrict(home)).counts, { user: { active: 2, archived: 0 } })
      same(await storage.getRun("run-1"), ended(resumed))
    })
  })
}

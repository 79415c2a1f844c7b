import { setImmediate as nextTurn } from "node:timers/promises"
import type { RosterStorage } from "../storage/contract.ts"
import { all, refused, same, snapshot } from "./checks.ts"
import {
  away,
  ended,
  everyAction,
  home,
  importChanges,
  makeConnection,
  makeCursor,
  makeOverride,
  makeRun,
  mark,
  put,
  reject,
  takeLease,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const what = {
  districtIds: [home, away],
  runIds: ["run-0", "run-1", "run-2"],
  collections: ["notes"],
}

/** Stages some of everything as run-1 on version 1, and returns how to commit it. */
async function prepare(storage: RosterStorage): Promise<(basis: number) => Promise<void>> {
  await importChanges(storage, [put("create", "user", "a"), put("create", "user", "b")], {
    runId: "run-0",
    cursor: makeCursor("e0"),
  })
  const lease = await takeLease(storage)
  const run = makeRun({ basis: 1 })
  await storage.stage(lease, {
    run,
    changes: [
      put("update", "user", "a", "second"),
      mark("archive", "user", "b"),
      put("create", "user", "c"),
      reject("user", "?1"),
    ],
  })
  return (basis) =>
    storage.commit(lease, {
      run: ended(run),
      basis,
      cursor: makeCursor("e1"),
      actions: everyAction,
      overrides: [makeOverride()],
      documents: [{ collection: "notes", key: "k", districtId: home, value: "written with it" }],
    })
}

export function transactionsChapter({ describe, it }: Suite): void {
  describe("transactions", () => {
    for (const [name, basis] of [
      ["lower than the district's version", 0],
      ["higher than the district's version", 2],
    ] as const) {
      it(`refuses a commit whose basis is ${name} (PLAN_STALE), and leaves everything as it was`, async ({
        storage,
      }) => {
        const commit = await prepare(storage)
        const before = await snapshot(storage, what)
        await refused(commit(basis), "PLAN_STALE")
        same(await snapshot(storage, what), before)
        await commit(1)
        same((await storage.getDistrict(home)).counts, { user: { active: 2, archived: 1 } })
      })
    }

    it("refuses the second of two plans on the same basis", async ({ storage }) => {
      const lease = await takeLease(storage)
      const [one, two] = [makeRun({ id: "run-1" }), makeRun({ id: "run-2" })]
      await storage.stage(lease, { run: one, changes: [put("create", "user", "a")] })
      await storage.stage(lease, { run: two, changes: [put("create", "user", "a", "other")] })
      await storage.commit(lease, { run: ended(one), basis: 0, cursor: null, actions: everyAction })
      const before = await snapshot(storage, what)
      const late = { run: ended(two), basis: 0, cursor: makeCursor("late"), actions: everyAction }
      await refused(storage.commit(lease, late), "PLAN_STALE")
      same(await snapshot(storage, what), before)
      await storage.discardStaged(lease, ended(two, "failed"))
      same(await storage.countStaged("run-2"), [])
    })

    it("accepts a plan after commits that changed no record", async ({ storage }) => {
      const commit = await prepare(storage)
      const lease = await storage.getLease(home)
      if (lease === undefined) throw new Error("the lease is gone")
      const idle = ended(makeRun({ id: "run-2", basis: 1 }), "unchanged")
      await storage.commit(lease, { run: idle, basis: 1, cursor: makeCursor("e2"), actions: everyAction })
      await commit(1)
      same((await storage.getDistrict(home)).version, 2)
    })

    it("judges the basis by the district's own version", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a")], { runId: "run-0", districtId: away })
      const lease = await takeLease(storage, home)
      const end = { run: ended(makeRun()), basis: 1, cursor: null, actions: everyAction }
      await refused(storage.commit(lease, end), "PLAN_STALE")
    })

    it("keeps a refused commit apart from what is written at the same time", async ({ storage }) => {
      const commit = await prepare(storage)
      const lease = await takeLease(storage, away)
      const runs = Array.from({ length: 10 }, (_, index) =>
        makeRun({ id: `away-${index}`, districtId: away }),
      )
      const outcomes = await Promise.allSettled([
        ...runs.slice(0, 5).map((run) => storage.saveRun(lease, run)),
        refused(commit(7), "PLAN_STALE"),
        storage.saveConnection(makeConnection()),
        ...runs
          .slice(5)
          .map((run) => storage.stage(lease, { run, changes: [put("create", "user", run.id)] })),
      ])
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason
      const saved = await storage.listRuns({ districtId: away, limit: all })
      same(
        saved.map((run) => run.id).sort(),
        runs.map((run) => run.id),
      )
      same(await storage.getConnection(home), makeConnection())
      same((await storage.getDistrict(home)).version, 1)
    })

    it("keeps batches that are staged at the same time", async ({ storage }) => {
      const lease = await takeLease(storage)
      const run = makeRun()
      const batches = Array.from({ length: 8 }, (_, batch) =>
        Array.from({ length: 50 }, (_, index) => put("create", "user", `u${batch}-${index}`)),
      )
      await Promise.all(batches.map((changes) => storage.stage(lease, { run, changes })))
      same(await storage.countStaged(run.id), [{ kind: "user", action: "create", count: 400 }])
    })

    it("shows a reader the roster before or after a commit, never between", async ({ storage }) => {
      const lease = await takeLease(storage)
      const run = makeRun()
      const ids = Array.from({ length: 2_000 }, (_, index) => `u${index}`)
      await storage.stage(lease, { run, changes: ids.map((id) => put("create", "user", id)) })
      let done = false
      const end = { run: ended(run), basis: 0, cursor: null, actions: everyAction }
      const commit = storage.commit(lease, end).finally(() => {
        done = true
      })
      const query = { districtId: home, kind: "user" as const, after: "", limit: all }
      const seen = new Set<number>()
      do {
        seen.add((await storage.listFingerprints(query)).length)
        // Reads that never leave the microtask queue would keep the commit's own messages out for ever.
        await nextTurn()
      } while (!done)
      await commit
      seen.add((await storage.listFingerprints(query)).length)
      same(
        [...seen].filter((count) => count !== 0),
        [2_000],
      )
    })
  })
}

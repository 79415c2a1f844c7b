import assert from "node:assert/strict"
import { all, refused, same, snapshot } from "./checks.ts"
import {
  archiveAs,
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
  runIds: ["run-1", "run-2", "run-3"],
  collections: ["notes", "none"],
}

export function durabilityChapter({ describe, it, options }: Suite): void {
  if (options.reopen === undefined) return
  describe("a store that is opened again", () => {
    it("holds everything that was written", async ({ storage, reopen }) => {
      await storage.saveConnection(makeConnection({ settings: { scope: { exclude: ["x"] } } }))
      await storage.override(makeOverride({ value: { nested: ["Zoë", null] } }))
      await storage.writeDocuments([
        { collection: "notes", key: "a", districtId: home, subjects: ["a", "b"], value: { text: "🏫" } },
        { collection: "notes", key: "b", districtId: null, value: null },
      ])
      await storage.writeDocuments([{ collection: "notes", key: "a", districtId: home, value: 2, expect: 1 }])
      await importChanges(storage, [put("create", "user", "a"), put("create", "user", "b")], {
        runId: "run-1",
        cursor: makeCursor("e1"),
      })
      await importChanges(
        storage,
        [mark("archive", "user", "a"), put("update", "user", "b", "Zoë 🏫"), reject("user", "?1")],
        { runId: "run-2", cursor: makeCursor("e2") },
      )
      const lease = await takeLease(storage)
      await storage.stage(lease, {
        run: makeRun({ id: "run-3", basis: 2 }),
        changes: [put("restore", "user", "a", "second"), archiveAs("user", "b", "x"), reject("school", "?1")],
      })
      await importChanges(storage, [put("create", "term", "t")], { runId: "run-away", districtId: away })
      const before = await snapshot(storage, what)
      const again = await reopen()
      same(await snapshot(again, what), before)
    })

    it("goes on with what was staged, under a later lease", async ({ storage, reopen }) => {
      const run = makeRun()
      const old = await takeLease(storage)
      await storage.stage(old, { run, changes: [put("create", "user", "a")] })
      await storage.releaseLease(old)
      const again = await reopen()
      const lease = await takeLease(again)
      assert.equal(lease.fence, old.fence + 1)
      await refused(again.saveRun(old, run), "LEASE_LOST")
      await again.stage(lease, { run, changes: [put("create", "user", "b")] })
      await again.commit(lease, { run: ended(run), basis: 0, cursor: null, actions: everyAction })
      const listed = await again.listRecords({ districtId: home, kind: "user", limit: all })
      same(
        listed.map((one) => one.id),
        ["a", "b"],
      )
    })

    it("still knows who holds a lease", async ({ storage, reopen }) => {
      const lease = await takeLease(storage)
      const again = await reopen()
      const answer = await again.acquireLease({ districtId: home, holder: "second:2", ttlMs: 1_000 })
      assert.ok(!answer.acquired)
      assert.equal(await again.renewLease(lease, 600_000), true)
      await again.saveRun(lease, makeRun())
    })

    it("finds and counts as before, time and again", async ({ storage, reopen }) => {
      let current = storage
      for (let round = 0; round < 3; round++) {
        const data = JSON.stringify({ id: `u${round}`, roles: { student: { sis_id: "1" } } })
        await importChanges(current, [put("create", "user", `u${round}`, "first", data)], {
          runId: `run-${round}`,
        })
        current = round === 0 ? await reopen() : current
        const found = await current.findRecords({
          districtId: home,
          filter: { kind: "user", sisId: "1" },
          limit: all,
        })
        assert.equal(found.length, round + 1)
        same((await current.getDistrict(home)).counts, { user: { active: round + 1, archived: 0 } })
      }
    })
  })
}

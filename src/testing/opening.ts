import assert from "node:assert/strict"
import { refused, same } from "./checks.ts"
import { home, importChanges, makeConnection, makeOverride, makeRun, put, takeLease } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

export function openingChapter({ describe, it, options }: Suite): void {
  describe("opening and closing", () => {
    it("has a name for messages", async ({ storage }) => {
      assert.match(storage.name, /^\S+$/)
    })

    it("says that it is durable exactly if the kit can reopen it", async ({ storage }) => {
      assert.equal(storage.capabilities.durable, options.reopen !== undefined)
    })

    it("says that it is shared exactly if the kit can open it twice", async ({ storage }) => {
      assert.equal(storage.capabilities.shared, options.second !== undefined)
    })

    it("can be opened again without effect", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a")])
      await storage.open()
      await Promise.all([storage.open(), storage.open()])
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 0 } })
    })

    it("can be closed again without effect", async ({ storage }) => {
      await storage.close()
      await Promise.all([storage.close(), storage.close()])
    })

    it("rejects reads once it is closed", async ({ storage }) => {
      await storage.close()
      const query = { districtId: home, kind: "user" as const, limit: 1 }
      const run = { runId: "run-1", limit: 1 }
      await refused(storage.getConnection(home), "STORAGE_UNREADABLE")
      await refused(storage.listConnections(), "STORAGE_UNREADABLE")
      await refused(storage.getLease(home), "STORAGE_UNREADABLE")
      await refused(storage.getRun("run-1"), "STORAGE_UNREADABLE")
      await refused(storage.listRuns({ limit: 1 }), "STORAGE_UNREADABLE")
      await refused(storage.getDistrict(home), "STORAGE_UNREADABLE")
      await refused(storage.listFingerprints({ ...query, after: "" }), "STORAGE_UNREADABLE")
      await refused(storage.getRecords({ ...query, ids: ["a"] }), "STORAGE_UNREADABLE")
      await refused(storage.listRecords(query), "STORAGE_UNREADABLE")
      await refused(
        storage.findRecords({ districtId: home, filter: { kind: "user", role: "student" }, limit: 1 }),
        "STORAGE_UNREADABLE",
      )
      await refused(
        storage.countRecords({ districtId: home, filter: { kind: "user", role: "student" } }),
        "STORAGE_UNREADABLE",
      )
      await refused(storage.listCommits({ districtId: home, limit: 1 }), "STORAGE_UNREADABLE")
      await refused(storage.listOverrides(query), "STORAGE_UNREADABLE")
      await refused(storage.getDocument("c", "k"), "STORAGE_UNREADABLE")
      await refused(storage.listDocuments({ collection: "c", limit: 1 }), "STORAGE_UNREADABLE")
      await refused(storage.countStaged("run-1"), "STORAGE_UNREADABLE")
      await refused(storage.listStaged({ ...run, kind: "user" }), "STORAGE_UNREADABLE")
      await refused(storage.listChanges(run), "STORAGE_UNREADABLE")
      await refused(storage.listRejections(run), "STORAGE_UNREADABLE")
    })

    it("rejects writes once it is closed", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.close()
      const run = makeRun()
      const end = { run, basis: 0, cursor: null, actions: [] }
      await refused(storage.saveConnection(makeConnection()), "STORAGE_UNREADABLE")
      await refused(
        storage.acquireLease({ districtId: home, holder: "host:1", ttlMs: 1_000 }),
        "STORAGE_UNREADABLE",
      )
      await refused(storage.renewLease(lease, 1_000), "STORAGE_UNREADABLE")
      await refused(storage.releaseLease(lease), "STORAGE_UNREADABLE")
      await refused(storage.saveRun(lease, run), "STORAGE_UNREADABLE")
      await refused(storage.stage(lease, { run, changes: [] }), "STORAGE_UNREADABLE")
      await refused(storage.discardStaged(lease, run), "STORAGE_UNREADABLE")
      await refused(storage.commit(lease, end), "STORAGE_UNREADABLE")
      await refused(storage.override(makeOverride()), "STORAGE_UNREADABLE")
      await refused(storage.clearOverrides(makeOverride()), "STORAGE_UNREADABLE")
      await refused(storage.writeDocuments([]), "STORAGE_UNREADABLE")
    })
  })
}

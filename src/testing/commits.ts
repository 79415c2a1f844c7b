import type { RosterCommit } from "../storage/contract.ts"
import { all, inPages, same } from "./checks.ts"
import {
  away,
  ended,
  everyAction,
  home,
  importChanges,
  makeRun,
  mark,
  put,
  reject,
  takeLease,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

export function commitsChapter({ describe, it }: Suite): void {
  describe("the commits of a district", () => {
    it("are none before the first, and none of an unknown district", async ({ storage }) => {
      same(await storage.listCommits({ districtId: home, limit: all }), [])
      await importChanges(storage, [put("create", "user", "a")], { districtId: away })
      same(await storage.listCommits({ districtId: home, limit: all }), [])
    })

    it("are listed in the order in which they were made, whatever the runs are called", async ({
      storage,
    }) => {
      const names = ["m", "z", "a", "10", "9", "_"]
      for (const [index, runId] of names.entries()) {
        await importChanges(storage, [put("create", "user", `u${index}`)], { runId })
      }
      const expected = names.map((runId, index) => ({ runId, version: index + 1 }))
      same(await storage.listCommits({ districtId: home, limit: all }), expected)
      for (const limit of [1, 4]) {
        const paged = await inPages<RosterCommit>(limit, (last) =>
          storage.listCommits({ districtId: home, after: last?.version, limit }),
        )
        same(paged, expected)
      }
      same(await storage.listCommits({ districtId: home, after: 0, limit: 2 }), expected.slice(0, 2))
      same(await storage.listCommits({ districtId: home, after: 4, limit: all }), expected.slice(4))
      same(await storage.listCommits({ districtId: home, after: 99, limit: all }), [])
    })

    it("are those that changed a record, a refresh included", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a")], { runId: "created" })
      await importChanges(storage, [], { runId: "empty" })
      await importChanges(storage, [mark("unchanged", "user", "a"), reject("user", "?1")], {
        runId: "rejected",
      })
      await importChanges(storage, [mark("archive", "user", "a")], { runId: "left-out", actions: ["create"] })
      await importChanges(storage, [put("refresh", "user", "a", "second")], { runId: "refreshed" })
      await importChanges(storage, [mark("archive", "user", "a")], { runId: "archived" })
      await importChanges(storage, [put("restore", "user", "a", "second")], { runId: "restored" })
      same(await storage.listCommits({ districtId: home, limit: all }), [
        { runId: "created", version: 1 },
        { runId: "refreshed", version: 2 },
        { runId: "archived", version: 3 },
        { runId: "restored", version: 4 },
      ])
    })

    it("leave out what is staged, held or discarded, until it is committed", async ({ storage }) => {
      const lease = await takeLease(storage)
      const [first, second] = [makeRun({ id: "run-1" }), makeRun({ id: "run-2" })]
      await storage.stage(lease, { run: first, changes: [put("create", "user", "a")] })
      await storage.saveRun(lease, { ...first, state: "held", version: 1 })
      await storage.stage(lease, { run: second, changes: [put("create", "user", "b")] })
      await storage.discardStaged(lease, ended(second, "discarded"))
      same(await storage.listCommits({ districtId: home, limit: all }), [])
      await storage.commit(lease, { run: ended(first), basis: 0, cursor: null, actions: everyAction })
      const expected = [{ runId: "run-1", version: 1 }]
      same(await storage.listCommits({ districtId: home, limit: all }), expected)
      // A run that is saved again later stays where it was committed.
      await storage.saveRun(lease, { ...ended(first), durationMs: 5 })
      same(await storage.listCommits({ districtId: home, limit: all }), expected)
    })

    it("keep districts apart", async ({ storage }) => {
      for (const [runId, districtId] of [
        ["h1", home],
        ["a1", away],
        ["h2", home],
      ] as const) {
        await importChanges(storage, [put("create", "user", runId)], { runId, districtId })
      }
      same(await storage.listCommits({ districtId: home, limit: all }), [
        { runId: "h1", version: 1 },
        { runId: "h2", version: 2 },
      ])
      same(await storage.listCommits({ districtId: away, limit: all }), [{ runId: "a1", version: 1 }])
    })
  })
}

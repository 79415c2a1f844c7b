import type { RosterStorage, StagedChange } from "../storage/contract.ts"
import { all, changesOf, same } from "./checks.ts"
import {
  archiveAs,
  ended,
  everyAction,
  home,
  importChanges,
  makeRun,
  mark,
  put,
  record,
  takeLease,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const text = (id: string, content: string): string => JSON.stringify({ id, text: content })

const usersOf = (storage: RosterStorage) =>
  storage.listRecords({ districtId: home, kind: "user", limit: all })

/** A change with content that is found by a `sis_id`. */
function withSisId(change: StagedChange, sisId: string): StagedChange {
  const data = JSON.stringify({ id: change.id, roles: { student: { sis_id: sisId } } })
  const { raw, canonical, keys } = put("update", "user", change.id, sisId, data)
  const content = { data, raw, canonical, keys }
  return change.action === "archive" ? { ...change, content } : ({ ...change, ...content } as StagedChange)
}

export function archivedContentChapter({ describe, it }: Suite): void {
  describe("archiving with a content", () => {
    it("gives the archived record that content and its fingerprints", async ({ storage }) => {
      const changes = [put("create", "user", "a", "second"), put("create", "user", "b", "second")]
      await importChanges(storage, changes, { runId: "run-0" })
      await importChanges(storage, [archiveAs("user", "a", "first"), mark("archive", "user", "b")])
      same(await usersOf(storage), [
        record("user", "a", "first", "archived"),
        record("user", "b", "second", "archived"),
      ])
      same((await storage.getDistrict(home)).counts, { user: { active: 0, archived: 2 } })
      const fingerprints = await storage.listFingerprints({
        districtId: home,
        kind: "user",
        after: "",
        limit: 1,
      })
      same(
        fingerprints.map((one) => [one.state, one.raw, one.canonical]),
        [["archived", "raw a first", "canonical a first"]],
      )
    })

    it("shows both contents in the log, staged and committed", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a", "second")], { runId: "run-0" })
      const lease = await takeLease(storage)
      const run = makeRun({ basis: 1 })
      await storage.stage(lease, { run, changes: [archiveAs("user", "a", "first")] })
      const logged = [
        {
          kind: "user",
          id: "a",
          action: "archive",
          before: text("a", "second"),
          after: text("a", "first"),
        },
      ]
      same(await changesOf(storage, run.id), logged)
      await storage.commit(lease, { run: ended(run), basis: 1, cursor: null, actions: everyAction })
      same(await changesOf(storage, run.id), logged)
    })

    it("is what a later restore and its log begin from", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a", "second")], { runId: "run-0" })
      await importChanges(storage, [archiveAs("user", "a", "first")], { runId: "run-1" })
      await importChanges(storage, [put("restore", "user", "a", "third")], { runId: "run-2" })
      await importChanges(storage, [mark("archive", "user", "a")], { runId: "run-3" })
      same(
        (await changesOf(storage, "run-2")).map((one) => [one.before, one.after]),
        [[text("a", "first"), text("a", "third")]],
      )
      same(await usersOf(storage), [record("user", "a", "third", "archived")])
    })

    it("does nothing where the commit leaves archives out, and can be replaced before", async ({
      storage,
    }) => {
      await importChanges(storage, [put("create", "user", "a", "second"), put("create", "user", "b")], {
        runId: "run-0",
      })
      await importChanges(storage, [archiveAs("user", "a", "first")], { actions: ["create", "update"] })
      same(await usersOf(storage), [record("user", "a", "second"), record("user", "b")])
      same(await changesOf(storage, "run-1"), [])
      const lease = await takeLease(storage)
      const run = makeRun({ id: "run-2", basis: 1 })
      await storage.stage(lease, { run, changes: [archiveAs("user", "a", "1"), archiveAs("user", "b", "1")] })
      await storage.stage(lease, {
        run,
        changes: [archiveAs("user", "a", "0"), mark("archive", "user", "b")],
      })
      await storage.commit(lease, { run: ended(run), basis: 1, cursor: null, actions: everyAction })
      same(await usersOf(storage), [
        record("user", "a", "0", "archived"),
        record("user", "b", "first", "archived"),
      ])
    })

    it("is not found while archived, and by its new content once restored", async ({ storage }) => {
      const find = async (sisId: string): Promise<number> =>
        storage.countRecords({ districtId: home, filter: { kind: "user", sisId } })
      await importChanges(storage, [withSisId(put("create", "user", "a"), "2")], { runId: "run-0" })
      await importChanges(storage, [withSisId(mark("archive", "user", "a"), "1")], { runId: "run-1" })
      same([await find("1"), await find("2")], [0, 0])
      await importChanges(storage, [withSisId(put("restore", "user", "a"), "1")], { runId: "run-2" })
      same([await find("1"), await find("2")], [1, 0])
    })

    it("leaves nothing to be found by where it was left out, replaced or discarded", async ({ storage }) => {
      const find = async (sisId: string): Promise<number> =>
        storage.countRecords({ districtId: home, filter: { kind: "user", sisId } })
      await importChanges(storage, [withSisId(put("create", "user", "a"), "0")], { runId: "run-0" })
      const archive = withSisId(mark("archive", "user", "a"), "1")
      await importChanges(storage, [archive], { runId: "run-1", actions: ["create"] })
      await importChanges(storage, [withSisId(put("create", "user", "b"), "2")], { runId: "run-2" })
      const lease = await takeLease(storage)
      const run = makeRun({ id: "run-3", basis: 2 })
      await storage.stage(lease, { run, changes: [archive] })
      await storage.discardStaged(lease, run)
      await storage.stage(lease, { run, changes: [withSisId(put("create", "user", "c"), "3"), archive] })
      await storage.stage(lease, { run, changes: [mark("unchanged", "user", "a")] })
      await storage.stage(lease, { run, changes: [withSisId(put("create", "user", "d"), "4")] })
      await storage.commit(lease, { run: ended(run), basis: 2, cursor: null, actions: everyAction })
      const found = await Promise.all(["0", "1", "2", "3", "4"].map(find))
      same(found, [1, 0, 1, 1, 1])
    })

    it("of many at once touches no other record", async ({ storage }) => {
      const ids = Array.from({ length: 900 }, (_, index) => `u${String(index).padStart(3, "0")}`)
      await importChanges(
        storage,
        ids.map((id) => put("create", "user", id, "second")),
        { runId: "run-0" },
      )
      const archives = ids.flatMap((id, index) => {
        if (index % 3 === 0) return [archiveAs("user", id, "first")]
        return index % 3 === 1 ? [mark("archive", "user", id)] : []
      })
      await importChanges(storage, archives)
      same(
        await usersOf(storage),
        ids.map((id, index) => {
          if (index % 3 === 2) return record("user", id, "second")
          return record("user", id, index % 3 === 0 ? "first" : "second", "archived")
        }),
      )
    })
  })
}

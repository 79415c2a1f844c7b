import assert from "node:assert/strict"
import type { Action, StagedChange, StagedEntry } from "../storage/contract.ts"
import { all, changesOf, inPages, refused, same, snapshot, stagedCounts, stagedIds } from "./checks.ts"
import {
  archiveAs,
  away,
  ended,
  everyAction,
  home,
  importChanges,
  makeRun,
  mark,
  orderedIds,
  put,
  reject,
  takeLease,
  tracesOf,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const run = makeRun()

const idOf = (entry: StagedEntry): string => entry.id

function stagedAs(action: Action, id: string): StagedChange {
  if (action === "reject") return reject("user", id)
  if (action === "archive") return archiveAs("user", id, "older")
  return action === "unchanged" ? mark(action, "user", id) : put(action, "user", id)
}

export function stagingChapter({ describe, it }: Suite): void {
  describe("staging", () => {
    it("shows a reader of the roster nothing", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a"), put("create", "user", "b")], {
        runId: "run-0",
      })
      const lease = await takeLease(storage)
      const what = { districtIds: [home], runIds: ["run-0"] }
      const at = makeRun({ basis: 1 })
      await storage.saveRun(lease, at)
      const before = await snapshot(storage, what)
      await storage.stage(lease, {
        run: at,
        changes: [
          put("create", "user", "c"),
          put("update", "user", "a", "second"),
          mark("archive", "user", "b"),
        ],
      })
      same(await snapshot(storage, what), before)
    })

    it("saves the run with the changes", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.stage(lease, { run, changes: [put("create", "user", "a")] })
      same(await storage.getRun(run.id), run)
      const later = { ...run, records: 2, requests: 1 }
      await storage.stage(lease, { run: later, changes: [] })
      same(await storage.getRun(run.id), later)
      same(await stagedCounts(storage, run.id), { "user create": 1 })
    })

    it("adds to what was staged before, and counts it by kind and action", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.stage(lease, {
        run,
        changes: [put("create", "user", "a"), put("create", "user", "b"), put("create", "school", "a")],
      })
      await storage.stage(lease, {
        run,
        changes: [
          put("update", "user", "c"),
          put("restore", "user", "d"),
          put("refresh", "user", "e"),
          mark("archive", "user", "f"),
          mark("unchanged", "user", "g"),
          reject("user", "h"),
          put("create", "user", "i"),
        ],
      })
      same(await stagedCounts(storage, run.id), {
        "school create": 1,
        "user create": 3,
        "user update": 1,
        "user restore": 1,
        "user refresh": 1,
        "user archive": 1,
        "user unchanged": 1,
        "user reject": 1,
      })
    })

    it("counts and lists nothing for a run that staged nothing", async ({ storage }) => {
      const query = { runId: "run-9", kind: "user" as const, limit: all }
      same(await storage.countStaged("run-9"), [])
      same(await storage.listStaged(query), [])
      await storage.saveRun(await takeLease(storage), makeRun({ id: "run-9" }))
      same(await storage.countStaged("run-9"), [])
      same(await storage.listStaged(query), [])
    })

    it("lists what is staged with its action and the fingerprints of its content", async ({ storage }) => {
      const lease = await takeLease(storage)
      const changes = [
        put("create", "user", "a", "first"),
        mark("archive", "user", "b"),
        archiveAs("user", "c", "older"),
        put("refresh", "user", "d", "second"),
        reject("user", "e"),
        mark("unchanged", "user", "f"),
      ]
      await storage.stage(lease, { run, changes: changes.slice(0, 3) })
      await storage.stage(lease, { run, changes: changes.slice(3) })
      same(await storage.listStaged({ runId: run.id, kind: "user", limit: all }), [
        { id: "a", action: "create", raw: "raw a first", canonical: "canonical a first" },
        { id: "b", action: "archive", raw: null, canonical: null },
        { id: "c", action: "archive", raw: "raw c older", canonical: "canonical c older" },
        { id: "d", action: "refresh", raw: "raw d second", canonical: "canonical d second" },
        { id: "e", action: "reject", raw: null, canonical: null },
        { id: "f", action: "unchanged", raw: null, canonical: null },
      ])
    })

    it("replaces a change of the same kind and id, whatever the two actions are", async ({ storage }) => {
      const every = (id: string): StagedChange[] => [
        put("create", "user", id),
        put("update", "user", id),
        put("restore", "user", id),
        put("refresh", "user", id),
        mark("archive", "user", id),
        archiveAs("user", id, "older"),
        mark("unchanged", "user", id),
        reject("user", id),
      ]
      const lease = await takeLease(storage)
      for (const first of every("a")) {
        for (const second of every("a")) {
          await storage.stage(lease, { run, changes: [first] })
          await storage.stage(lease, { run, changes: [second] })
          same(await stagedCounts(storage, run.id), { [`user ${second.action}`]: 1 })
        }
      }
    })

    it("keeps the last of several changes of one record in a batch", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.stage(lease, {
        run,
        changes: [
          put("create", "user", "a", "first"),
          reject("user", "a"),
          put("create", "user", "b"),
          put("create", "user", "a", "third"),
        ],
      })
      same(await stagedCounts(storage, run.id), { "user create": 2 })
      same(
        (await changesOf(storage, run.id)).map((change) => change.after),
        [`{"id":"a","text":"third"}`, `{"id":"b","text":"first"}`],
      )
    })

    it("forgets the reason when a change replaces a rejection, and the content the other way", async ({
      storage,
    }) => {
      const lease = await takeLease(storage)
      await storage.stage(lease, { run, changes: [reject("user", "a"), put("create", "user", "b")] })
      await storage.stage(lease, { run, changes: [put("create", "user", "a"), reject("user", "b", "late")] })
      same(await storage.listRejections({ runId: run.id, limit: all }), [
        { kind: "user", id: "b", reason: "late", path: "roles.student.schools[0]", data: `{"bad":"b"}` },
      ])
      same(await changesOf(storage, run.id), [
        { kind: "user", id: "a", action: "create", before: null, after: `{"id":"a","text":"first"}` },
      ])
    })

    it("keeps the same id of different kinds apart", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.stage(lease, { run, changes: [put("create", "user", "a"), put("create", "school", "a")] })
      await storage.stage(lease, { run, changes: [mark("archive", "school", "a")] })
      same(await stagedCounts(storage, run.id), { "user create": 1, "school archive": 1 })
    })

    it("keeps the same record of different runs apart", async ({ storage }) => {
      const lease = await takeLease(storage)
      const other = makeRun({ id: "run-2" })
      await storage.stage(lease, { run, changes: [put("create", "user", "a")] })
      await storage.stage(lease, { run: other, changes: [mark("archive", "user", "a")] })
      same(await stagedCounts(storage, run.id), { "user create": 1 })
      same(await stagedCounts(storage, other.id), { "user archive": 1 })
    })

    it("keeps what is staged apart from the objects given", async ({ storage }) => {
      const lease = await takeLease(storage)
      const [change, archive] = [put("create", "user", "a"), archiveAs("user", "b", "first")]
      const changes = [change, archive]
      await storage.stage(lease, { run, changes })
      change.data = "{}"
      archive.content.data = "{}"
      changes.pop()
      same(
        (await changesOf(storage, run.id)).map((one) => one.after),
        [`{"id":"a","text":"first"}`, `{"id":"b","text":"first"}`],
      )
    })

    it("lists the staged ids of any action in code unit order, page by page", async ({ storage }) => {
      const lease = await takeLease(storage)
      const ids = ["?0", "?10", ...orderedIds].sort()
      const changes = ids.map((id, index): StagedChange => {
        if (id.startsWith("?")) return reject("user", id)
        const action = everyAction[index % everyAction.length] ?? "create"
        if (action === "reject") return reject("user", id)
        return action === "archive" || action === "unchanged"
          ? mark(action, "user", id)
          : put(action, "user", id)
      })
      await storage.stage(lease, { run, changes: changes.toReversed() })
      await storage.stage(lease, { run, changes: [put("create", "section", "other")] })
      const query = { runId: run.id, kind: "user" as const }
      same(await stagedIds(storage, run.id, "user"), ids)
      for (const limit of [1, 7]) {
        const listed = await inPages<StagedEntry>(limit, (last) =>
          storage.listStaged({ ...query, after: last?.id, limit }),
        )
        same(listed.map(idOf), ids)
      }
      same((await storage.listStaged({ ...query, after: "", limit: 2 })).map(idOf), ids.slice(0, 2))
      same((await storage.listStaged({ ...query, after: "Ab", limit: 2 })).map(idOf), ["B", "Z"])
    })

    it("drops all that a run staged, rejections included, and saves the run", async ({ storage }) => {
      const lease = await takeLease(storage)
      const other = makeRun({ id: "run-2" })
      await storage.stage(lease, { run, changes: [put("create", "user", "a"), reject("school", "?1")] })
      await storage.stage(lease, { run: other, changes: [put("create", "user", "a")] })
      await storage.discardStaged(lease, ended(run, "discarded"))
      same(await storage.getRun(run.id), ended(run, "discarded"))
      same(await storage.countStaged(run.id), [])
      same(await stagedIds(storage, run.id, "user"), [])
      same(await changesOf(storage, run.id), [])
      same(await storage.listRejections({ runId: run.id, limit: all }), [])
      same(await stagedCounts(storage, other.id), { "user create": 1 })
      same(await storage.getDistrict(home), { version: 0, cursor: null, lastRunId: null, counts: {} })
    })

    for (const [what, about] of Object.entries({
      "an import": {},
      "a plan": { purpose: "plan", state: "planned" },
      "an undo": { mode: "undo", requestedMode: "undo", undoes: "run-1" },
      "one person's run": { mode: "user", requestedMode: "user" },
    } as const)) {
      it(`drops what ${what} has staged without a trace, however it ends`, async ({ storage }) => {
        const lease = await takeLease(storage)
        for (const state of ["discarded", "cancelled", "failed", "expired", "interrupted"] as const) {
          const of = makeRun({ ...about, id: `of-${state}` })
          const changes = everyAction.map((action) => stagedAs(action, `trace-${action}`))
          await storage.stage(lease, { run: of, changes })
          assert.notDeepEqual(await storage.countTraces("trace-"), {})
          await storage.discardStaged(lease, { ...of, state })
          same(await storage.countStaged(of.id), [])
          same((await storage.getRun(of.id))?.state, state)
        }
        await storage.releaseLease(lease)
        same(await tracesOf(storage, "trace-"), {})
      })
    }

    it("stages afresh after discarding", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.stage(lease, { run, changes: [put("create", "user", "a"), put("create", "user", "b")] })
      await storage.discardStaged(lease, run)
      await storage.stage(lease, { run, changes: [put("create", "user", "b", "second")] })
      same(await stagedCounts(storage, run.id), { "user create": 1 })
      await storage.commit(lease, { run: ended(run), basis: 0, cursor: null, actions: everyAction })
      const records = await storage.listRecords({ districtId: home, kind: "user", limit: all })
      same(
        records.map((one) => one.data),
        [`{"id":"b","text":"second"}`],
      )
    })

    it("refuses a run of another district than the lease's, and stages nothing", async ({ storage }) => {
      const lease = await takeLease(storage, home)
      const foreign = makeRun({ districtId: away })
      const batch = { run: foreign, changes: [put("create", "user", "a")] }
      await refused(storage.stage(lease, batch), "LEASE_LOST")
      same(await storage.countStaged(foreign.id), [])
      same(await storage.listRuns({ limit: all }), [])
    })

    it("takes several thousand changes at once", async ({ storage }) => {
      const ids = Array.from({ length: 6_000 }, (_, index) => `u${index}`)
      const lease = await takeLease(storage)
      await storage.stage(lease, { run, changes: ids.map((id) => put("create", "user", id)) })
      same(await stagedCounts(storage, run.id), { "user create": 6_000 })
      await storage.stage(lease, { run, changes: ids.map((id) => put("create", "user", id, "second")) })
      same(await stagedCounts(storage, run.id), { "user create": 6_000 })
      await storage.commit(lease, { run: ended(run), basis: 0, cursor: null, actions: everyAction })
      const query = { districtId: home, kind: "user" as const }
      const listed = await inPages<{ id: string; canonical: string }>(1_000, (last) =>
        storage.listFingerprints({ ...query, after: last?.id ?? "", limit: 1_000 }),
      )
      same(
        listed.map((one) => one.canonical),
        ids.toSorted().map((id) => `canonical ${id} second`),
      )
    })
  })
}

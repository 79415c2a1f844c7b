import assert from "node:assert/strict"
import { kinds } from "../models/index.ts"
import type { Action, StagedChange, StoredRecord } from "../storage/contract.ts"
import { all, changesOf, refused, same, stagedIds } from "./checks.ts"
import {
  away,
  ended,
  everyAction,
  home,
  importChanges,
  makeConnection,
  makeCursor,
  makeRun,
  mark,
  put,
  record,
  reject,
  takeLease,
  tracesOf,
} from "./fixtures.ts"
import type { Bench, Suite } from "./suite.ts"

type Storage = Bench["storage"]

const usersOf = (storage: Storage, districtId: string = home): Promise<StoredRecord[]> =>
  storage.listRecords({ districtId, kind: "user", limit: all })

/** A roster of one active and one archived user, at version 2. */
async function prepare(storage: Storage): Promise<void> {
  await importChanges(storage, [put("create", "user", "active"), put("create", "user", "gone")], {
    runId: "run-a",
  })
  await importChanges(storage, [mark("archive", "user", "gone")], { runId: "run-b" })
}

export function commitChapter({ describe, it }: Suite): void {
  describe("committing", () => {
    it("knows a new district at version 0, without cursor, run or records", async ({ storage }) => {
      same(await storage.getDistrict(home), { version: 0, cursor: null, lastRunId: null, counts: {} })
    })

    it("create: makes a new active record", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a")])
      same(await usersOf(storage), [record("user", "a")])
    })

    it("update: gives an active record new content and fingerprints", async ({ storage }) => {
      await prepare(storage)
      await importChanges(storage, [put("update", "user", "active", "second")])
      same(await usersOf(storage), [
        record("user", "active", "second"),
        record("user", "gone", "first", "archived"),
      ])
    })

    it("archive: keeps the record with its content, no longer active", async ({ storage }) => {
      await prepare(storage)
      await importChanges(storage, [mark("archive", "user", "active")])
      same(await usersOf(storage), [
        record("user", "active", "first", "archived"),
        record("user", "gone", "first", "archived"),
      ])
    })

    it("restore: makes an archived record active again, with the new content", async ({ storage }) => {
      await prepare(storage)
      await importChanges(storage, [put("restore", "user", "gone", "second")])
      same(await usersOf(storage), [record("user", "active"), record("user", "gone", "second")])
    })

    it("refresh: stores new content and fingerprints, and logs nothing", async ({ storage }) => {
      await prepare(storage)
      await importChanges(storage, [put("refresh", "user", "active", "second")])
      same(await usersOf(storage), [
        record("user", "active", "second"),
        record("user", "gone", "first", "archived"),
      ])
      same(await changesOf(storage, "run-1"), [])
    })

    it("unchanged: changes nothing and logs nothing", async ({ storage }) => {
      await prepare(storage)
      const before = await usersOf(storage)
      await importChanges(storage, [mark("unchanged", "user", "active"), mark("unchanged", "user", "new")])
      same(await usersOf(storage), before)
      same(await changesOf(storage, "run-1"), [])
    })

    it("reject: changes nothing, known record or not, and is listed with its reason", async ({ storage }) => {
      await prepare(storage)
      const before = await usersOf(storage)
      await importChanges(storage, [reject("user", "active", "type: expected string"), reject("user", "?1")])
      same(await usersOf(storage), before)
      same(await changesOf(storage, "run-1"), [])
      const listed = await storage.listRejections({ runId: "run-1", limit: all })
      same(
        listed.map((one) => [one.id, one.reason]),
        [
          ["?1", "id-missing"],
          ["active", "type: expected string"],
        ],
      )
    })

    it("does all of this for every kind, and the same id of two kinds is two records", async ({
      storage,
    }) => {
      const each = (make: (kind: (typeof kinds)[number]) => StagedChange) => kinds.map(make)
      await importChanges(
        storage,
        each((kind) => put("create", kind, "x")),
        { runId: "run-a" },
      )
      await importChanges(
        storage,
        each((kind) => put("update", kind, "x", "second")),
        { runId: "run-b" },
      )
      await importChanges(
        storage,
        each((kind) => mark("archive", kind, "x")),
        { runId: "run-c" },
      )
      for (const kind of kinds) {
        same(await storage.listRecords({ districtId: home, kind, limit: all }), [
          record(kind, "x", "second", "archived"),
        ])
      }
      await importChanges(storage, [put("restore", "term", "x", "third")], { runId: "run-d" })
      same(await storage.getRecords({ districtId: home, kind: "term", ids: ["x"] }), [
        record("term", "x", "third"),
      ])
      same(await storage.getRecords({ districtId: home, kind: "course", ids: ["x"] }), [
        record("course", "x", "second", "archived"),
      ])
    })

    it("counts active and archived records of each kind", async ({ storage }) => {
      await prepare(storage)
      await importChanges(storage, [put("create", "school", "s"), put("create", "user", "b")])
      same((await storage.getDistrict(home)).counts, {
        school: { active: 1, archived: 0 },
        user: { active: 2, archived: 1 },
      })
    })

    for (const action of everyAction) {
      it(`takes ${action} alone when asked to, and drops the other changes`, async ({ storage }) => {
        await prepare(storage)
        const changes: Record<Action, StagedChange> = {
          create: put("create", "user", "new"),
          update: put("update", "user", "active", "second"),
          restore: put("restore", "user", "gone", "second"),
          archive: mark("archive", "user", "other"),
          refresh: put("refresh", "user", "stamped", "second"),
          unchanged: mark("unchanged", "user", "same"),
          reject: reject("user", "bad"),
        }
        await importChanges(storage, [put("create", "user", "other"), put("create", "user", "stamped")], {
          runId: "run-c",
        })
        const before = new Map((await usersOf(storage)).map((one) => [one.id, one]))
        const { version } = await storage.getDistrict(home)
        await importChanges(storage, Object.values(changes), { actions: [action] })

        const change = changes[action]
        const changesRecord = action !== "unchanged" && action !== "reject"
        if ("raw" in change) before.set(change.id, record("user", change.id, change.raw.split(" ")[2]))
        if (action === "archive") before.set("other", record("user", "other", "first", "archived"))
        const ids = [...before.keys()].sort()
        same(
          await usersOf(storage),
          ids.map((id) => before.get(id)),
        )
        assert.equal((await storage.getDistrict(home)).version, version + (changesRecord ? 1 : 0))
        const logged = changesRecord && action !== "refresh" ? [action] : []
        same(
          (await changesOf(storage, "run-1")).map((one) => one.action),
          logged,
        )
        const rejections = await storage.listRejections({ runId: "run-1", limit: all })
        same(
          rejections.map((one) => one.id),
          ["bad"],
        )
      })
    }

    it("leaves nothing staged", async ({ storage }) => {
      await importChanges(
        storage,
        [put("create", "user", "a"), mark("unchanged", "user", "b"), reject("user", "c")],
        { actions: ["create"] },
      )
      same(await storage.countStaged("run-1"), [])
      same(await stagedIds(storage, "run-1", "user"), [])
    })

    it("leaves no trace of what it did not take, and of what it found as it was", async ({ storage }) => {
      const changes = [put("create", "user", "a"), mark("unchanged", "user", "trace-b")]
      await importChanges(storage, changes, { actions: [...everyAction, "unchanged"] })
      same(await tracesOf(storage, "trace-"), {})
      const left = [put("create", "user", "trace-c"), mark("archive", "user", "trace-d")]
      await importChanges(storage, left, { runId: "run-2", actions: [] })
      same(await tracesOf(storage, "trace-"), {})
    })

    it("raises the version by one for any number of changed records", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a"), put("create", "school", "b")], {
        runId: "run-a",
      })
      assert.equal((await storage.getDistrict(home)).version, 1)
      await importChanges(storage, [put("refresh", "user", "a", "second")], { runId: "run-b" })
      assert.equal((await storage.getDistrict(home)).version, 2)
    })

    it("keeps the version when no record changed, and saves cursor and run all the same", async ({
      storage,
    }) => {
      await importChanges(storage, [put("create", "user", "a")], { runId: "run-a", cursor: makeCursor("e1") })
      const changes = [mark("unchanged", "user", "a"), reject("user", "?1")]
      const run = await importChanges(storage, changes, { runId: "run-b", cursor: makeCursor("e2") })
      const head = await storage.getDistrict(home)
      same(head, {
        version: 1,
        cursor: makeCursor("e2"),
        lastRunId: "run-b",
        counts: { user: { active: 1, archived: 0 } },
      })
      same(await storage.getRun("run-b"), run)
    })

    it("keeps the version when every change was left out", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a")], { actions: [] })
      same(await storage.getDistrict(home), { version: 0, cursor: null, lastRunId: "run-1", counts: {} })
      same(await changesOf(storage, "run-1"), [])
    })

    it("commits a run that staged nothing", async ({ storage }) => {
      const lease = await takeLease(storage)
      const run = ended(makeRun(), "unchanged")
      const cursor = { ...makeCursor("event-“1”"), apiVersion: "v3.0" as const }
      await storage.commit(lease, { run, basis: 0, cursor, actions: everyAction })
      same(await storage.getDistrict(home), { version: 0, cursor, lastRunId: run.id, counts: {} })
      same(await storage.getRun(run.id), run)
    })

    it("replaces the cursor, by none as well", async ({ storage }) => {
      await importChanges(storage, [], { runId: "run-a", cursor: makeCursor("e1") })
      same((await storage.getDistrict(home)).cursor, makeCursor("e1"))
      await importChanges(storage, [], { runId: "run-b", cursor: null })
      assert.equal((await storage.getDistrict(home)).cursor, null)
    })

    it("takes from what is staged of the run alone", async ({ storage }) => {
      const lease = await takeLease(storage)
      const [one, two] = [makeRun({ id: "run-1" }), makeRun({ id: "run-2" })]
      await storage.stage(lease, { run: one, changes: [put("create", "user", "a")] })
      await storage.stage(lease, { run: two, changes: [put("create", "user", "b")] })
      await storage.commit(lease, { run: ended(two), basis: 0, cursor: null, actions: everyAction })
      same(await usersOf(storage), [record("user", "b")])
      same(await stagedIds(storage, "run-1", "user"), ["a"])
    })

    it("saves the district's connection with the rest, new or in place of another", async ({ storage }) => {
      for (const [basis, state] of (["paused", "active"] as const).entries()) {
        const lease = await takeLease(storage)
        const run = makeRun({ id: `run-${state}`, fence: lease.fence })
        const connection = makeConnection({ state, settings: { guards: { archivedShare: 0.5 } } })
        await storage.stage(lease, { run, changes: [put("create", "user", state)] })
        await storage.commit(lease, {
          run: ended(run),
          basis,
          cursor: null,
          actions: everyAction,
          connection,
        })
        await storage.releaseLease(lease)
        same(await storage.getConnection(home), connection)
      }
    })

    it("saves no connection where it is refused, and keeps the one that there is without another", async ({
      storage,
    }) => {
      const saved = makeConnection()
      await storage.saveConnection(saved)
      const lease = await takeLease(storage)
      const end = { run: ended(makeRun()), cursor: null, actions: everyAction }
      const stale = storage.commit(lease, {
        ...end,
        basis: 5,
        connection: makeConnection({ state: "paused" }),
      })
      await refused(stale, "PLAN_STALE")
      same(await storage.getConnection(home), saved)
      await storage.commit(lease, { ...end, basis: 0 })
      same(await storage.getConnection(home), saved)
    })

    it("keeps districts apart that hold the same ids", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a")], { runId: "run-a", cursor: makeCursor("e1") })
      await importChanges(storage, [put("create", "user", "a", "foreign")], {
        runId: "run-b",
        districtId: away,
      })
      await importChanges(storage, [mark("archive", "user", "a")], { runId: "run-c", districtId: away })
      same(await usersOf(storage), [record("user", "a")])
      same(await usersOf(storage, away), [record("user", "a", "foreign", "archived")])
      const [first, second] = [await storage.getDistrict(home), await storage.getDistrict(away)]
      same([first.version, first.lastRunId, first.counts], [1, "run-a", { user: { active: 1, archived: 0 } }])
      same(
        [second.version, second.lastRunId, second.counts],
        [2, "run-c", { user: { active: 0, archived: 1 } }],
      )
      same([first.cursor, second.cursor], [makeCursor("e1"), null])
    })
  })
}

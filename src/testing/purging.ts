import assert from "node:assert/strict"
import type { PurgeCounts, PurgeRequest, RosterStorage, Run, StagedChange } from "../storage/contract.ts"
import { all, changesOf, refused, same, snapshot, stagedCounts } from "./checks.ts"
import {
  away,
  ended,
  everyAction,
  home,
  makeRun,
  mark,
  put,
  record,
  reject,
  takeLease,
  tracesOf,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

/** Six in the morning of a day of September. */
function day(number: number): string {
  return `2026-09-${String(number).padStart(2, "0")}T06:00:00.000Z`
}

/** An import of that day, which ends five minutes after it began. */
async function importOn(
  storage: RosterStorage,
  number: number,
  changes: readonly StagedChange[],
  districtId = home,
): Promise<Run> {
  const { version } = await storage.getDistrict(districtId)
  const lease = await takeLease(storage, districtId)
  const run = makeRun({ id: `run-${number}`, districtId, startedAt: day(number), basis: version })
  await storage.stage(lease, { run, changes })
  const end = { ...ended(run), finishedAt: day(number).replace("06:00", "06:05") }
  await storage.commit(lease, { run: end, basis: version, cursor: null, actions: everyAction })
  await storage.releaseLease(lease)
  return end
}

async function purgeNow(
  storage: RosterStorage,
  request: Omit<PurgeRequest, "districtId">,
  districtId = home,
): Promise<PurgeCounts> {
  const lease = await takeLease(storage, districtId)
  const counts = await storage.purge(lease, { districtId, ...request })
  await storage.releaseLease(lease)
  return counts
}

const idsOf = async (storage: RosterStorage): Promise<string[]> =>
  (await storage.listRecords({ districtId: home, kind: "user", limit: all })).map((one) => one.id)

/** A content whose text stands nowhere else. */
function user(action: "create" | "update" | "restore" | "refresh", id: string, text: string): StagedChange {
  return put(action, "user", id, `${text}-of-${id}`)
}

export function purgingChapter({ describe, it }: Suite): void {
  describe("purging", () => {
    it("removes the logs of runs that ended before, and keeps the runs, the roster and the last run", async ({
      storage,
    }) => {
      const first = await importOn(storage, 1, [
        user("create", "anna", "first"),
        put("create", "user", "bert"),
        reject("user", "?1"),
      ])
      await importOn(storage, 2, [user("update", "anna", "second"), mark("archive", "user", "bert")])
      await importOn(storage, 3, [user("update", "anna", "third"), reject("user", "?2")])
      const roster = await storage.listRecords({ districtId: home, kind: "user", limit: all })
      const counts = await purgeNow(storage, { changesBefore: day(9) })
      assert.equal(counts.records, 0)
      assert.ok(counts.contents > 0)
      for (const runId of ["run-1", "run-2"]) {
        same(await changesOf(storage, runId), [])
        same(await storage.listRejections({ runId, limit: all }), [])
      }
      const run = await storage.getRun("run-1")
      assert.ok(run?.changesPurgedAt)
      same({ ...run, changesPurgedAt: undefined, version: null }, first)
      assert.equal((await storage.getRun("run-3"))?.changesPurgedAt, undefined)
      same(
        (await changesOf(storage, "run-3")).map((one) => one.after),
        [put("update", "user", "anna", "third-of-anna").data],
      )
      same(
        (await storage.listRejections({ runId: "run-3", limit: all })).map((one) => one.id),
        ["?2"],
      )
      same(await storage.listRecords({ districtId: home, kind: "user", limit: all }), roster)
      same((await storage.listCommits({ districtId: home, limit: all })).length, 3)
      same(await tracesOf(storage, "first-of-anna"), {})
    })

    it("keeps every content that a log which stays has before a change: an undo puts it back", async ({
      storage,
    }) => {
      await importOn(storage, 1, [user("create", "anna", "first"), user("create", "bert", "first")])
      await importOn(storage, 2, [mark("archive", "user", "bert"), user("refresh", "anna", "second")])
      await importOn(storage, 5, [user("update", "anna", "third"), user("restore", "bert", "second")])
      await importOn(storage, 6, [user("create", "carl", "first")])
      const log = await changesOf(storage, "run-5")
      same(
        log.map((one) => one.before),
        ["second-of-anna", "first-of-bert"].map((text) => JSON.stringify({ id: text.slice(-4), text })),
      )
      await purgeNow(storage, { changesBefore: day(3) })
      same(await changesOf(storage, "run-5"), log)
      same(await changesOf(storage, "run-2"), [])
      same(await tracesOf(storage, "first-of-anna"), {})
      await purgeNow(storage, { changesBefore: day(6) })
      same(await changesOf(storage, "run-5"), [])
      for (const trace of ["second-of-anna", "first-of-bert"]) same(await tracesOf(storage, trace), {})
      for (const trace of ["third-of-anna", "second-of-bert", "first-of-carl"]) {
        assert.notDeepEqual(await tracesOf(storage, trace), {})
      }
    })

    it("keeps logs from a commit on that somebody waits for, whatever their age", async ({ storage }) => {
      await importOn(storage, 1, [user("create", "anna", "first")])
      await importOn(storage, 2, [user("update", "anna", "second")])
      await importOn(storage, 3, [user("update", "anna", "third")])
      await importOn(storage, 4, [user("update", "anna", "fourth")])
      const log = await changesOf(storage, "run-2")
      await purgeNow(storage, { changesBefore: day(9), keepFromVersion: 2 })
      same(await changesOf(storage, "run-1"), [])
      same(await changesOf(storage, "run-2"), log)
      same((await changesOf(storage, "run-3")).length, 1)
      await purgeNow(storage, { changesBefore: day(9), keepFromVersion: 3 })
      same(await changesOf(storage, "run-2"), [])
      same((await changesOf(storage, "run-3")).length, 1)
    })

    it("removes records archived before, with all that is known of them, and no others", async ({
      storage,
    }) => {
      const ids = ["anna", "bert", "carl", "dora"]
      await importOn(
        storage,
        1,
        ids.map((id) => user("create", id, "first")),
      )
      await importOn(
        storage,
        2,
        ["anna", "bert"].map((id) => mark("archive", "user", id)),
      )
      await importOn(storage, 3, [user("restore", "bert", "second"), mark("archive", "user", "carl")])
      for (const id of ids) {
        await storage.override({
          districtId: home,
          kind: "user",
          id,
          path: "name",
          value: "Zoë",
          at: day(1),
          by: "ada",
        })
      }
      const counts = await purgeNow(storage, { archivedBefore: day(3) })
      same(counts, { records: 1, contents: 1 })
      same(await idsOf(storage), ["bert", "carl", "dora"])
      same(await tracesOf(storage, "anna"), {})
      same((await storage.getDistrict(home)).counts, { user: { active: 2, archived: 1 } })
      assert.equal((await storage.getDistrict(home)).version, 4)
      same(
        (await changesOf(storage, "run-1")).map((one) => one.id),
        ["bert", "carl", "dora"],
      )
      same(
        (await changesOf(storage, "run-2")).map((one) => one.id),
        ["bert"],
      )
      const overrides = await storage.listOverrides({ districtId: home, kind: "user", limit: all })
      same(
        overrides.map((one) => one.id),
        ["bert", "carl", "dora"],
      )
      same(await purgeNow(storage, { archivedBefore: day(3) }), { records: 0, contents: 0 })
      assert.equal((await storage.getDistrict(home)).version, 4)
      // Even one that was archived once more since.
      await importOn(storage, 5, [mark("archive", "user", "bert")])
      await purgeNow(storage, { archivedBefore: day(4) })
      same(await idsOf(storage), ["bert", "dora"])
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 1 } })
    })

    it("keeps an archived record while somebody waits for what was done to it", async ({ storage }) => {
      await importOn(storage, 1, [user("create", "anna", "first"), user("create", "bert", "first")])
      await importOn(storage, 2, [mark("archive", "user", "anna")])
      await importOn(storage, 3, [mark("archive", "user", "bert")])
      same(await purgeNow(storage, { archivedBefore: day(9), keepFromVersion: 3 }), {
        records: 1,
        contents: 1,
      })
      same(await idsOf(storage), ["bert"])
      await purgeNow(storage, { archivedBefore: day(9), keepFromVersion: 4 })
      same(await idsOf(storage), [])
      same((await storage.getDistrict(home)).counts, {})
    })

    it("drops plans of runs begun before and never committed, and says so", async ({ storage }) => {
      const lease = await takeLease(storage)
      for (const number of [1, 5]) {
        const run = makeRun({ id: `run-${number}`, startedAt: day(number), state: "held" })
        await storage.stage(lease, {
          run,
          changes: [user("create", "anna", `plan-${number}`), reject("user", "?1")],
        })
      }
      await storage.releaseLease(lease)
      same(await purgeNow(storage, { stagedBefore: day(5) }), { records: 0, contents: 2 })
      same(await stagedCounts(storage, "run-1"), {})
      assert.ok((await storage.getRun("run-1"))?.changesPurgedAt)
      same(await stagedCounts(storage, "run-5"), { "user create": 1, "user reject": 1 })
      assert.equal((await storage.getRun("run-5"))?.changesPurgedAt, undefined)
      same(await tracesOf(storage, "plan-1"), {})
    })

    it("makes plans stale that were made before a record was purged", async ({ storage }) => {
      await importOn(storage, 1, [user("create", "anna", "first")])
      await importOn(storage, 2, [mark("archive", "user", "anna")])
      const lease = await takeLease(storage)
      const run = makeRun({ id: "run-3", basis: 2 })
      await storage.stage(lease, { run, changes: [user("restore", "anna", "second")] })
      await storage.purge(lease, { districtId: home, archivedBefore: day(9) })
      await refused(
        storage.commit(lease, { run: ended(run), basis: 2, cursor: null, actions: everyAction }),
        "PLAN_STALE",
      )
    })

    it("purges nothing of what it is given no time for, nor of another district", async ({ storage }) => {
      await importOn(storage, 1, [user("create", "anna", "first")])
      await importOn(storage, 2, [user("update", "anna", "second"), mark("archive", "user", "anna")])
      const what = { districtIds: [home, away], runIds: ["run-1", "run-2"] }
      const before = await snapshot(storage, what)
      const nothing = { records: 0, contents: 0 }
      same(await purgeNow(storage, {}), nothing)
      const everything = { changesBefore: day(9), archivedBefore: day(9), stagedBefore: day(9) }
      same(await purgeNow(storage, everything, away), nothing)
      same(await snapshot(storage, what), before)
    })

    it("refuses a lease that is not the district's newest", async ({ storage }) => {
      await importOn(storage, 1, [user("create", "anna", "first")])
      await importOn(storage, 2, [mark("archive", "user", "anna")])
      const old = await takeLease(storage)
      await storage.releaseLease(old)
      const request = { districtId: home, archivedBefore: day(9) }
      await refused(storage.purge(old, request), "LEASE_LOST")
      const lease = await takeLease(storage)
      await refused(storage.purge(lease, { ...request, districtId: away }), "LEASE_LOST")
      same(await idsOf(storage), [record("user", "anna").id])
    })
  })
}

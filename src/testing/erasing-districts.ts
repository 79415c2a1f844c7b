import assert from "node:assert/strict"
import type { RosterStorage, Run } from "../storage/contract.ts"
import { all, refused, same, snapshot } from "./checks.ts"
import { clazz, content, eraseNow, friend, person, rejected, user } from "./erasing-fixtures.ts"
import {
  away,
  type ContentChange,
  home,
  importChanges,
  makeConnection,
  makeCursor,
  makeLink,
  makeRun,
  mark,
  takeLease,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

export function erasingDistrictsChapter({ describe, it }: Suite): void {
  describe("erasing a district", () => {
    const prepare = async (storage: RosterStorage): Promise<unknown> => {
      const later = Date.now() + 10 ** 12
      for (const districtId of [home, away]) {
        const ours = (change: ContentChange) =>
          content(change.action, change.kind, JSON.parse(change.data), districtId)
        const name = `name of ${districtId}`
        const record = (id: string) => content("create", "user", { id, name: { first: name } }, districtId)
        const school = content("create", "school", { id: clazz, name }, districtId)
        await storage.saveConnection(makeConnection({ districtId, name }))
        await importChanges(storage, [record(person), record(friend), ours(school)], {
          runId: `run-1-${districtId}`,
          districtId,
          cursor: makeCursor(`event-${districtId}`),
        })
        await importChanges(storage, [mark("archive", "user", person), rejected("user", "?1", { name })], {
          runId: `run-2-${districtId}`,
          districtId,
        })
        const lease = await takeLease(storage, districtId)
        const run = makeRun({ id: `run-3-${districtId}`, districtId, basis: 2 })
        await storage.stage(lease, { run, changes: [{ ...record(friend), action: "update" }] })
        await storage.releaseLease(lease)
        await storage.override({
          districtId,
          kind: "user",
          id: friend,
          path: "name.first",
          value: name,
          at: "2026-08-17T06:00:00.000Z",
          by: "ada",
        })
        await storage.writeDocuments([
          { collection: "review", key: `of-${districtId}`, districtId, value: name },
          {
            collection: "review",
            key: `about-${districtId}`,
            districtId: null,
            subjects: [districtId],
            value: name,
          },
        ])
        const number = districtId === home ? "1" : "2"
        await storage.claimLink(
          makeLink({ cleverId: `c${number}`, districtId, accountId: `account-${number}` }),
        )
        await storage.consumeOnce(`session:${number}`, later, ["user:x", `district:${districtId}`])
        await storage.raiseSessionEpoch(`district:${districtId}`, later)
      }
      return snapshot(storage, ofAway)
    }
    const ofAway = { districtIds: [away], runIds: [`run-1-${away}`, `run-2-${away}`, `run-3-${away}`] }

    it("takes everything of it, finds no trace of it then, and leaves another as it was", async ({
      storage,
    }) => {
      const before = await prepare(storage)
      const counts = await eraseNow(storage, { districtId: home })
      assert.equal(counts.records, 3)
      assert.equal(counts.runs, 3)
      assert.equal(counts.documents, 3)
      assert.equal(counts.logins, 2)
      assert.ok(counts.contents >= 4)
      for (const trace of [home, `name of ${home}`]) same(await storage.countTraces(trace), {})
      const other = makeConnection({ districtId: away, name: `name of ${away}` })
      same(await storage.listConnections(), [other])
      const after = (await snapshot(storage, ofAway)) as Record<string, unknown>
      const { connections: _, runs: allRuns, ...unchanged } = before as typeof after
      const { connections: __, runs, ...now } = after
      same(now, unchanged)
      same(
        runs,
        (allRuns as Run[]).filter((run) => run.districtId === away),
      )
      same(
        (await storage.listLinks({ limit: all })).map((one) => one.cleverId),
        ["c2"],
      )
      same([await storage.isConsumed("session:1"), await storage.isConsumed("session:2")], [false, true])
      const documents = await storage.listDocuments({ collection: "review", limit: all })
      same(
        documents.map((one) => one.key),
        [`about-${away}`, `of-${away}`],
      )
      same((await storage.listOverrides({ districtId: away, kind: "user", limit: all })).length, 1)
      same(await storage.getDistrict(home), { version: 0, cursor: null, lastRunId: null, counts: {} })
    })

    it("never gives a fence again that a writer of before may still hold", async ({ storage }) => {
      await prepare(storage)
      const alive = await takeLease(storage)
      await storage.erase(alive, { districtId: home })
      await refused(storage.saveRun(alive, makeRun()), "LEASE_LOST")
      for (let turn = 0; turn < 10; turn++) {
        const lease = await takeLease(storage)
        assert.ok(lease.fence > alive.fence)
        await refused(storage.saveRun(alive, makeRun()), "LEASE_LOST")
        await storage.releaseLease(lease)
      }
    })

    it("lets the district begin anew", async ({ storage }) => {
      await prepare(storage)
      await eraseNow(storage, { districtId: home })
      await importChanges(storage, [user(person, "Zoë")])
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 0 } })
      assert.equal((await storage.getDistrict(home)).version, 1)
    })

    it("leaves no trace of one that nobody knew but for the lease", async ({ storage }) => {
      await eraseNow(storage, { districtId: "district-unknown" })
      same(await storage.countTraces("district-unknown"), {})
    })
  })
}

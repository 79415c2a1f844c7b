import type { CommitRequest, FieldOverride, RosterStorage } from "../storage/contract.ts"
import { all, refused, same, snapshot } from "./checks.ts"
import {
  away,
  ended,
  everyAction,
  home,
  makeConnection,
  makeOverride,
  makeRun,
  put,
  takeLease,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const what = { districtIds: [home, away], runIds: ["run-1"], collections: ["notes"] }

const run = makeRun()

/** Stages some creates as `run`, and returns the commit of it with these overrides and documents. */
async function prepare(
  storage: RosterStorage,
  creates: number,
  extras: Pick<CommitRequest, "overrides" | "documents" | "connection" | "expectedConnection">,
): Promise<(basis: number) => Promise<void>> {
  const lease = await takeLease(storage)
  const changes = Array.from({ length: creates }, (_, index) => put("create", "user", `u${index}`))
  await storage.stage(lease, { run, changes })
  return (basis) =>
    storage.commit(lease, { run: ended(run), basis, cursor: null, actions: everyAction, ...extras })
}

const overridesOf = (storage: RosterStorage): Promise<FieldOverride[]> =>
  storage.listOverrides({ districtId: home, kind: "user", limit: all })

export function writtenWithCommitChapter({ describe, it }: Suite): void {
  describe("what is written with a commit", () => {
    // Few and many: an adapter may write many in another way.
    for (const creates of [0, 2, 600]) {
      it(`are its overrides, documents and connection, with ${creates} records`, async ({ storage }) => {
        const overrides = [makeOverride({ id: "u0" }), makeOverride({ id: "u1", value: { a: [null, "🏫"] } })]
        const value = { list: [1, "“🏫”"] }
        const commit = await prepare(storage, creates, {
          overrides,
          documents: [
            { collection: "notes", key: "a", districtId: home, subjects: ["u0"], value },
            { collection: "notes", key: "b", districtId: null, value: null },
          ],
          connection: makeConnection({ state: "paused" }),
        })
        await commit(0)
        same(await storage.listConnections(), [makeConnection({ state: "paused" })])
        same(await overridesOf(storage), overrides)
        same(await storage.listDocuments({ collection: "notes", limit: all }), [
          { collection: "notes", key: "a", districtId: home, subjects: ["u0"], revision: 1, value },
          { collection: "notes", key: "b", districtId: null, subjects: [], revision: 1, value: null },
        ])
        same((await storage.getDistrict(home)).version, creates > 0 ? 1 : 0)
      })
    }

    it("leaves the connection as it is where the commit brings none", async ({ storage }) => {
      await storage.saveConnection(makeConnection())
      const commit = await prepare(storage, 1, {})
      await commit(0)
      same(await storage.listConnections(), [makeConnection()])
    })

    it("is nothing at all where the connection is another one than was expected", async ({ storage }) => {
      await storage.saveConnection(makeConnection({ name: "Renamed" }))
      const connection = makeConnection({ state: "paused" })
      const commit = await prepare(storage, 2, { connection, expectedConnection: makeConnection() })
      const before = await snapshot(storage, what)
      await refused(commit(0), "CONNECTION_CHANGED")
      same(await snapshot(storage, what), before)
      await storage.saveConnection(makeConnection())
      await commit(0)
      same(await storage.listConnections(), [connection])
      same((await storage.getDistrict(home)).version, 1)
    })

    it("leaves the override alone that a field has already", async ({ storage }) => {
      const known = makeOverride({ id: "u0", value: "of the app", by: "ada" })
      await storage.override(known)
      const later = { by: "creation", at: "2026-08-20T00:00:00.000Z" }
      const made = [
        makeOverride({ id: "u0", path: "email", ...later }),
        makeOverride({ id: "u0", ...later }),
        makeOverride({ id: "u1", ...later }),
      ]
      const commit = await prepare(storage, 2, { overrides: made })
      await commit(0)
      same(await overridesOf(storage), [made[0], known, made[2]])
    })

    it("makes an override again that was given back", async ({ storage }) => {
      await storage.override(makeOverride({ id: "u0" }))
      await storage.clearOverrides(makeOverride({ id: "u0" }))
      const made = makeOverride({ id: "u0", by: "creation" })
      const commit = await prepare(storage, 1, { overrides: [made] })
      await commit(0)
      same(await overridesOf(storage), [made])
    })

    it("replaces and deletes documents whatever revision they have", async ({ storage }) => {
      const notes = ["a", "b", "c"].map((key) => ({
        collection: "notes",
        key,
        districtId: home,
        value: "before",
      }))
      await storage.writeDocuments(notes)
      await storage.writeDocuments(notes.slice(0, 1))
      const commit = await prepare(storage, 1, {
        documents: [
          { collection: "notes", key: "a", districtId: home, value: "after", expect: 0 },
          { collection: "notes", key: "b", delete: true, expect: 7 },
          { collection: "notes", key: "d", districtId: away, value: "new", expect: 3 },
          { collection: "notes", key: "unknown", delete: true },
        ],
      })
      await commit(0)
      const listed = await storage.listDocuments({ collection: "notes", limit: all })
      same(
        listed.map(({ key, revision, value }) => [key, revision, value]),
        [
          ["a", 3, "after"],
          ["c", 1, "before"],
          ["d", 1, "new"],
        ],
      )
    })

    for (const creates of [2, 600]) {
      it(`is not written where the commit of ${creates} records is refused`, async ({ storage }) => {
        await storage.writeDocuments([{ collection: "notes", key: "a", districtId: home, value: "before" }])
        await storage.saveConnection(makeConnection())
        const commit = await prepare(storage, creates, {
          connection: makeConnection({ state: "paused" }),
          overrides: [makeOverride({ id: "u0" })],
          documents: [
            { collection: "notes", key: "a", districtId: home, value: "after" },
            { collection: "notes", key: "b", districtId: home, value: "new" },
          ],
        })
        const before = await snapshot(storage, what)
        await refused(commit(1), "PLAN_STALE")
        same(await snapshot(storage, what), before)
        const held = await storage.getLease(home)
        if (held !== undefined) await storage.releaseLease(held)
        const released = await snapshot(storage, what)
        await refused(commit(0), "LEASE_LOST")
        same(await snapshot(storage, what), released)
      })
    }
  })
}

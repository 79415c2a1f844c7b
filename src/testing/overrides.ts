import assert from "node:assert/strict"
import type { FieldOverride, RosterStorage } from "../storage/contract.ts"
import { all, inPages, same, snapshot } from "./checks.ts"
import { away, home, importChanges, makeOverride, mark, orderedIds, put } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const users = { districtId: home, kind: "user" as const }

const overridesOf = (storage: RosterStorage): Promise<FieldOverride[]> =>
  storage.listOverrides({ ...users, limit: all })

export function overridesChapter({ describe, it, options }: Suite): void {
  describe("overrides", () => {
    it("knows none of a new store", async ({ storage }) => {
      same(await overridesOf(storage), [])
      same(await storage.listOverrides({ ...users, ids: ["u1"], limit: all }), [])
      assert.equal(await storage.clearOverrides({ ...users, id: "u1" }), 0)
    })

    it("returns an override as it was set, whatever JSON it holds", async ({ storage }) => {
      const values = [null, false, 0, 1.5, "", "Zoë “🏫”\u2028", [], ["a", null], { b: { a: [1] } }]
      const overrides = values.map((value, index) =>
        makeOverride({ path: `roles.student.f${index}`, value, by: `Zoë ${index}` }),
      )
      for (const override of overrides) await storage.override(override)
      same(await overridesOf(storage), overrides)
    })

    it("replaces an earlier one of the same field", async ({ storage }) => {
      await storage.override(makeOverride())
      const next = makeOverride({ value: null, at: "2026-08-18T00:00:00.000Z", by: "cli" })
      await storage.override(next)
      same(await overridesOf(storage), [next])
    })

    it("keeps districts, kinds, records and fields apart", async ({ storage }) => {
      const overrides = [
        makeOverride(),
        makeOverride({ path: "name.First" }),
        makeOverride({ id: "U1" }),
        makeOverride({ kind: "section", path: "name" }),
        makeOverride({ districtId: away }),
      ].map((one, index) => ({ ...one, value: index }))
      for (const override of overrides) await storage.override(override)
      same(await overridesOf(storage), [overrides[2], overrides[1], overrides[0]])
      same(await storage.listOverrides({ ...users, kind: "section", limit: all }), [overrides[3]])
      same(await storage.listOverrides({ ...users, districtId: away, limit: all }), [overrides[4]])
      assert.equal(await storage.clearOverrides({ ...users, id: "u1" }), 2)
      same(await overridesOf(storage), [overrides[2]])
      assert.equal((await storage.listOverrides({ ...users, kind: "section", limit: all })).length, 1)
      assert.equal((await storage.listOverrides({ ...users, districtId: away, limit: all })).length, 1)
    })

    it("gives one field back, or all of a record, and tells how many", async ({ storage }) => {
      for (const path of ["email", "name", "name.first", "name.last"]) {
        await storage.override(makeOverride({ path }))
      }
      await storage.override(makeOverride({ id: "u2" }))
      assert.equal(await storage.clearOverrides({ ...users, id: "u1", path: "name" }), 1)
      assert.equal(await storage.clearOverrides({ ...users, id: "u1", path: "name" }), 0)
      same(
        (await overridesOf(storage)).map((one) => [one.id, one.path]),
        [
          ["u1", "email"],
          ["u1", "name.first"],
          ["u1", "name.last"],
          ["u2", "name.first"],
        ],
      )
      assert.equal(await storage.clearOverrides({ ...users, id: "u1" }), 3)
      assert.equal(await storage.clearOverrides({ ...users, id: "u1" }), 0)
      same(await overridesOf(storage), [makeOverride({ id: "u2" })])
    })

    it("lists in ascending id, then path, by code unit, in pages, of all records or of some", async ({
      storage,
    }) => {
      const paths = ["Z", "_", "a", "a.B", "a.b", "a0"]
      const overrides = orderedIds.flatMap((id) => paths.map((path) => makeOverride({ id, path })))
      for (const override of overrides.toReversed()) await storage.override(override)
      const some = ["z", "A", "unknown", "__proto__", "A", "10"]
      for (const ids of [undefined, orderedIds, some, ["10"], []]) {
        const expected = overrides.filter((one) => ids === undefined || ids.includes(one.id))
        for (const limit of [1, 4, all]) {
          const paged = await inPages<FieldOverride>(limit, (after) =>
            storage.listOverrides({ ...users, ids, after, limit }),
          )
          same(paged, expected)
        }
      }
      for (const after of [
        { id: "10", path: "a" },
        { id: "10", path: "~" },
        { id: "3", path: "a" },
      ]) {
        const isLater = (one: FieldOverride) =>
          one.id > after.id || (one.id === after.id && one.path > after.path)
        for (const ids of [undefined, some]) {
          const expected = overrides.filter((one) => isLater(one) && (ids?.includes(one.id) ?? true))
          same(await storage.listOverrides({ ...users, ids, after, limit: 7 }), expected.slice(0, 7))
        }
      }
    })

    it("takes a thousand ids", async ({ storage }) => {
      const ids = Array.from({ length: 1_000 }, (_, index) => `u${index}`)
      for (const id of ["u0", "u999", "x"]) await storage.override(makeOverride({ id }))
      same(
        (await storage.listOverrides({ ...users, ids, limit: all })).map((one) => one.id),
        ["u0", "u999"],
      )
    })

    it("changes no record, version or log, and is kept through what imports do", async ({ storage }) => {
      const what = { districtIds: [away], runIds: ["run-0", "run-1"] }
      await importChanges(storage, [put("create", "user", "u1")], { runId: "run-0" })
      const records = () => storage.getRecords({ ...users, ids: ["u1"] })
      const before = [await storage.getDistrict(home), await records(), await snapshot(storage, what)]
      await storage.override(makeOverride())
      same([await storage.getDistrict(home), await records(), await snapshot(storage, what)], before)
      await importChanges(storage, [put("update", "user", "u1", "second")], { runId: "run-1" })
      await importChanges(storage, [mark("archive", "user", "u1")], { runId: "run-2" })
      await importChanges(storage, [put("restore", "user", "u1", "third")], { runId: "run-3" })
      same(await overridesOf(storage), [makeOverride()])
      const [record] = await records()
      assert.equal(record?.data, put("create", "user", "u1", "third").data)
    })

    it("does not make a district known to the roster", async ({ storage }) => {
      await storage.override(makeOverride())
      same(await storage.getDistrict(home), { version: 0, cursor: null, lastRunId: null, counts: {} })
      same(await overridesOf(storage), [makeOverride()])
    })

    it("keeps what is stored apart from the objects given and returned", async ({ storage }) => {
      const value = { list: ["a"] }
      const given = makeOverride({ value })
      await storage.override(given)
      given.by = "changed by the caller"
      value.list.push("changed by the caller")
      for (const one of await overridesOf(storage)) {
        const returned = one.value as typeof value
        returned.list.push("changed by the reader")
      }
      same(await overridesOf(storage), [makeOverride({ value: { list: ["a"] } })])
    })

    it("are set while an import runs", async ({ storage }) => {
      const changes = Array.from({ length: 3_000 }, (_, index) => put("create", "user", `u${index}`))
      const importing = importChanges(storage, changes)
      for (let index = 0; index < 20; index++) await storage.override(makeOverride({ id: `u${index}` }))
      await importing
      assert.equal((await overridesOf(storage)).length, 20)
    })

    if (options.reopen !== undefined) {
      it("are still there when the store is opened again", async ({ storage, reopen }) => {
        const overrides = [makeOverride(), makeOverride({ id: "u2", value: { a: [null] } })]
        for (const override of overrides) await storage.override(override)
        await storage.override(makeOverride({ id: "u3" }))
        await storage.clearOverrides({ ...users, id: "u3" })
        same(await overridesOf(await reopen()), overrides)
      })
    }

    if (options.second !== undefined) {
      it("are seen by the other storage on the store", async ({ storage, second }) => {
        const other = await second()
        await storage.override(makeOverride())
        await other.override(makeOverride({ path: "name.last" }))
        same(await overridesOf(storage), await overridesOf(other))
        assert.equal(await other.clearOverrides({ ...users, id: "u1" }), 2)
        same(await overridesOf(storage), [])
      })
    }
  })
}

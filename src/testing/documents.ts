import assert from "node:assert/strict"
import type { DocumentQuery, DocumentWrite, StoredDocument } from "../storage/contract.ts"
import { all, inPages, refused, same } from "./checks.ts"
import { away, home, orderedIds } from "./fixtures.ts"
import { collection, note, notesOf, remove } from "./notes.ts"
import type { Suite } from "./suite.ts"

export function documentsChapter({ describe, it, options }: Suite): void {
  describe("documents", () => {
    it("knows none of a new store", async ({ storage }) => {
      assert.equal(await storage.getDocument(collection, "a"), undefined)
      same(await storage.listDocuments({ collection, limit: all }), [])
      assert.equal(await storage.writeDocuments([]), true)
    })

    it("returns a document as it was written, whatever JSON it holds", async ({ storage }) => {
      const values = [
        null,
        false,
        0,
        -1.5e-7,
        9_007_199_254_740_991,
        "",
        "Zoë “1” 🏫\u2028\n\\",
        [],
        [[1, null], { a: [] }],
        {},
        { b: 1, a: { __proto__: null, constructor: "x" }, "": "y" },
      ]
      for (const [index, value] of values.entries()) {
        const written: DocumentWrite = {
          collection: `Zoë's ${collection}`,
          key: `k “${index}” 🏫`,
          districtId: index % 2 === 0 ? home : null,
          ...(index % 3 === 0 ? {} : { subjects: ["c2", "c1", "“🏫”"] }),
          value,
        }
        assert.equal(await storage.writeDocuments([written]), true)
        const { key, districtId, subjects = [] } = written
        const expected = { collection: written.collection, key, districtId, subjects, revision: 1, value }
        same(await storage.getDocument(written.collection, key), expected)
      }
      assert.equal(
        (await storage.listDocuments({ collection: `Zoë's ${collection}`, limit: all })).length,
        11,
      )
    })

    it("replaces a document as a whole, and counts its revisions", async ({ storage }) => {
      const first = { collection, key: "a", districtId: home, subjects: ["c1"], value: { one: 1, two: 2 } }
      await storage.writeDocuments([first])
      await storage.writeDocuments([{ collection, key: "a", districtId: null, value: { three: 3 } }])
      const expected = {
        collection,
        key: "a",
        districtId: null,
        subjects: [],
        revision: 2,
        value: { three: 3 },
      }
      same(await storage.getDocument(collection, "a"), expected)
      same(await storage.listDocuments({ collection, limit: all }), [expected])
      same(await storage.listDocuments({ collection, districtId: home, limit: all }), [])
    })

    it("deletes a document, which begins anew when it is made again", async ({ storage }) => {
      await storage.writeDocuments([note("a", 1), note("b", 1)])
      await storage.writeDocuments([note("a", 2)])
      assert.equal(await storage.writeDocuments([remove("a"), remove("unknown")]), true)
      assert.equal(await storage.getDocument(collection, "a"), undefined)
      same(await notesOf(storage), [["b", 1, 1]])
      await storage.writeDocuments([note("a", 3)])
      same(await notesOf(storage), [
        ["a", 1, 3],
        ["b", 1, 1],
      ])
    })

    it("keeps collections and keys apart that resemble each other", async ({ storage }) => {
      const places = [
        ["notes", "a"],
        ["notes", "A"],
        ["Notes", "a"],
        ["note", "sa"],
        ["notes a", ""],
      ] as const
      for (const [one, key] of places.slice(0, 4)) {
        await storage.writeDocuments([{ collection: one, key, districtId: null, value: `${one}/${key}` }])
      }
      for (const [one, key] of places.slice(0, 4)) {
        assert.equal((await storage.getDocument(one, key))?.value, `${one}/${key}`)
      }
      assert.equal(await storage.getDocument(...places[4]), undefined)
    })

    it("lists in ascending key, by code unit, in pages, of all or of one district", async ({ storage }) => {
      const districtAt = (index: number) => [home, away, null][index % 3] ?? null
      const writes = orderedIds.map((key, index) => ({
        collection,
        key,
        districtId: districtAt(index),
        value: index,
      }))
      for (const write of writes.toReversed()) await storage.writeDocuments([write])
      await storage.writeDocuments([{ collection: "other", key: "a", districtId: home, value: "other" }])
      for (const districtId of [undefined, home, away, "nowhere"]) {
        const keys = writes
          .filter((one) => districtId === undefined || one.districtId === districtId)
          .map((one) => one.key)
        const query: DocumentQuery = { collection, districtId, limit: all }
        same((await storage.listDocuments(query)).map(keyOf), keys)
        const paged = await inPages<StoredDocument>(4, (last) =>
          storage.listDocuments({ ...query, after: last?.key, limit: 4 }),
        )
        same(paged.map(keyOf), keys)
      }
      const after = await storage.listDocuments({ collection, after: "Ab", limit: 2 })
      same(after.map(keyOf), ["B", "Z"])
    })

    it("lists the keys that begin with a prefix, exactly and in pages", async ({ storage }) => {
      const keys = ["a", "a%", "a%1", "a/", "a/1", "a/10", "a/2", "a/🏫", "aa/1", "a_1", "b/1", "A/1"].sort()
      await storage.writeDocuments(
        keys.map((key, index) => ({
          collection,
          key,
          districtId: index % 2 === 0 ? home : away,
          value: key,
        })),
      )
      for (const prefix of ["", "a", "a/", "a/1", "a%", "a_", "a/🏫", "A", "c", "a/1000"]) {
        const expected = keys.filter((key) => key.startsWith(prefix))
        for (const limit of [1, 3, all]) {
          const paged = await inPages<StoredDocument>(limit, (last) =>
            storage.listDocuments({ collection, prefix, after: last?.key, limit }),
          )
          same([prefix, paged.map(keyOf)], [prefix, expected])
        }
        const ofHome = expected.filter((key) => keys.indexOf(key) % 2 === 0)
        const listed = await storage.listDocuments({ collection, prefix, districtId: home, limit: all })
        same([prefix, listed.map(keyOf)], [prefix, ofHome])
        const later = await storage.listDocuments({ collection, prefix, after: "a/10", limit: all })
        same(
          later.map(keyOf),
          expected.filter((key) => key > "a/10"),
        )
      }
    })

    it("keeps what is stored apart from the objects given and returned", async ({ storage }) => {
      const value = { list: ["a"] }
      const subjects = ["c1"]
      await storage.writeDocuments([{ collection, key: "a", districtId: null, subjects, value }])
      value.list.push("changed by the caller")
      subjects.push("c2")
      for (const one of await storage.listDocuments({ collection, limit: all })) {
        const returned = one.value as typeof value
        returned.list.push("changed by the reader")
        const names = one.subjects as string[]
        names.push("c3")
      }
      const document = await storage.getDocument(collection, "a")
      same([document?.value, document?.subjects], [{ list: ["a"] }, ["c1"]])
    })

    it("does not make a district known to the roster", async ({ storage }) => {
      await storage.writeDocuments([{ collection, key: "a", districtId: home, value: 1 }])
      same(await storage.getDistrict(home), { version: 0, cursor: null, lastRunId: null, counts: {} })
    })

    if (options.reopen !== undefined) {
      it("are still there when the store is opened again, with their revisions", async ({
        storage,
        reopen,
      }) => {
        await storage.writeDocuments([note("a", 1), note("b", 1)])
        await storage.writeDocuments([note("a", { two: 2 }), remove("b")])
        const again = await reopen()
        same(await notesOf(again), [["a", 2, { two: 2 }]])
        assert.equal(await again.writeDocuments([note("a", 3, 1)]), false)
        assert.equal(await again.writeDocuments([note("a", 3, 2)]), true)
      })
    }

    it("are refused by a closed storage", async ({ storage }) => {
      await storage.close()
      await refused(storage.writeDocuments([note("a", 1)]), "STORAGE_UNREADABLE")
    })
  })
}

function keyOf({ key }: StoredDocument): string {
  return key
}

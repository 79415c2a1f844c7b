import assert from "node:assert/strict"
import type { RosterStorage } from "../storage/contract.ts"
import { same } from "./checks.ts"
import { importChanges, put } from "./fixtures.ts"
import { collection, note, notesOf, remove } from "./notes.ts"
import type { Suite } from "./suite.ts"

/** Adds one to the number in a document, and tries again as long as others come first. */
async function raise(storage: RosterStorage, key: string): Promise<void> {
  for (;;) {
    const known = await storage.getDocument(collection, key)
    const count = Number(known?.value ?? 0) + 1
    if (await storage.writeDocuments([note(key, count, known?.revision ?? 0)])) return
  }
}

export function documentRevisionsChapter({ describe, it, options }: Suite): void {
  describe("documents that expect a revision", () => {
    it("makes a document only once where none is expected", async ({ storage }) => {
      assert.equal(await storage.writeDocuments([note("a", "first", 0)]), true)
      assert.equal(await storage.writeDocuments([note("a", "second", 0)]), false)
      same(await notesOf(storage), [["a", 1, "first"]])
      await storage.writeDocuments([remove("a")])
      assert.equal(await storage.writeDocuments([note("a", "third", 0)]), true)
      same(await notesOf(storage), [["a", 1, "third"]])
    })

    it("writes and deletes at the expected revision alone", async ({ storage }) => {
      for (const expect of [1, 2]) {
        assert.equal(await storage.writeDocuments([note("a", "early", expect)]), false)
        assert.equal(await storage.writeDocuments([remove("a", expect)]), false)
      }
      assert.equal(await storage.writeDocuments([remove("a", 0)]), true)
      await storage.writeDocuments([note("a", 1)])
      assert.equal(await storage.writeDocuments([note("a", 2, 1)]), true)
      for (const expect of [0, 1, 3]) {
        assert.equal(await storage.writeDocuments([note("a", "late", expect)]), false)
        assert.equal(await storage.writeDocuments([remove("a", expect)]), false)
      }
      same(await notesOf(storage), [["a", 2, 2]])
      assert.equal(await storage.writeDocuments([remove("a", 2)]), true)
      same(await notesOf(storage), [])
    })

    it("writes all of several documents or none", async ({ storage }) => {
      await storage.writeDocuments([note("a", 1), note("b", 1)])
      const good = [note("a", 2, 1), note("new", 1, 0), remove("b", 1)]
      for (const bad of [note("c", 1, 1), note("a", 3, 0), remove("c", 7)]) {
        for (const writes of [
          [bad, ...good],
          [...good, bad],
        ]) {
          assert.equal(await storage.writeDocuments(writes), false)
        }
      }
      same(await notesOf(storage), [
        ["a", 1, 1],
        ["b", 1, 1],
      ])
      assert.equal(await storage.writeDocuments(good), true)
      same(await notesOf(storage), [
        ["a", 2, 2],
        ["new", 1, 1],
      ])
    })

    it("takes several writes of one document one after the other", async ({ storage }) => {
      const writes = [note("a", 1, 0), note("a", 2, 1), remove("a", 2), note("a", 3, 0), note("a", 4, 1)]
      assert.equal(await storage.writeDocuments(writes), true)
      same(await notesOf(storage), [["a", 2, 4]])
      assert.equal(await storage.writeDocuments([note("a", 5, 2), note("a", 6, 2)]), false)
      same(await notesOf(storage), [["a", 2, 4]])
    })

    it("lets exactly one of many win who write at once", async ({ storage }) => {
      for (const expect of [0, 1]) {
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) => storage.writeDocuments([note("a", index, expect)])),
        )
        assert.equal(answers.filter(Boolean).length, 1)
        same(await notesOf(storage), [["a", expect + 1, answers.indexOf(true)]])
      }
    })

    it("keep every change of one who tries again while an import runs", async ({ storage }) => {
      const changes = Array.from({ length: 3_000 }, (_, index) => put("create", "user", `u${index}`))
      const importing = importChanges(storage, changes)
      for (let round = 0; round < 20; round++) await raise(storage, "count")
      await importing
      same(await notesOf(storage), [["count", 20, 20]])
    })

    if (options.second !== undefined) {
      it("let exactly one of two storages on one store win", async ({ storage, second }) => {
        const other = await second()
        for (let round = 0; round < 20; round++) {
          const answers = await Promise.all(
            [storage, other, storage, other].map((one, index) =>
              one.writeDocuments([note("a", `${round}-${index}`, round), note(`log-${round}`, index, 0)]),
            ),
          )
          assert.equal(answers.filter(Boolean).length, 1)
          const winner = answers.indexOf(true)
          for (const one of [storage, other]) {
            same(await one.getDocument(collection, "a"), {
              collection,
              key: "a",
              districtId: null,
              subjects: [],
              revision: round + 1,
              value: `${round}-${winner}`,
            })
            assert.equal((await one.getDocument(collection, `log-${round}`))?.value, winner)
          }
        }
      })

      it("keep every change of two storages that try again", async ({ storage, second }) => {
        const other = await second()
        const raiseTen = async (one: RosterStorage): Promise<void> => {
          for (let round = 0; round < 10; round++) await raise(one, "count")
        }
        await Promise.all([raiseTen(storage), raiseTen(other)])
        same(await notesOf(storage), [["count", 20, 20]])
      })
    }
  })
}

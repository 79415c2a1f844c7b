import assert from "node:assert/strict"
import { same } from "./checks.ts"
import { clazz, content, eraseNow, friend, person, user } from "./erasing-fixtures.ts"
import { home, importChanges, makeConnection } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

export function countingTracesChapter({ describe, it, options }: Suite): void {
  describe("counting traces", () => {
    it("finds a text in whatever way it is written, and tells where", async ({ storage }) => {
      const text = 'Zoë "☃" \\ ☂ O’Neil'
      await importChanges(storage, [content("create", "user", { id: person, name: { first: text } })])
      const ascii = { ...user(friend, ""), data: `{"id":"${friend}","name":{"first":"Zo\\u00EB"}}` }
      await importChanges(storage, [{ ...ascii, action: "update" }], { runId: "run-2" })
      const letters = { ...user(clazz, ""), data: `{"id":"${clazz}","name":{"first":"\\u005aaphod"}}` }
      await importChanges(storage, [letters], { runId: "run-3" })
      await storage.writeDocuments([
        {
          collection: "links",
          key: "1",
          districtId: null,
          value: `https://x.example/?q=${encodeURIComponent(text)}`,
        },
      ])
      const places = async (trace: string) => Object.keys(await storage.countTraces(trace)).length
      for (const trace of [text, "Zoë", "Zaphod", "☃", person]) assert.ok((await places(trace)) > 0, trace)
      same(await storage.countTraces("Beeblebrox"), {})
    })

    it("does not count whom imports are to leave out", async ({ storage }) => {
      await storage.saveConnection(makeConnection({ settings: { scope: { exclude: [person, friend] } } }))
      await eraseNow(storage)
      same(await storage.countTraces(person), {})
      same((await storage.getConnection(home))?.settings, { scope: { exclude: [person, friend] } })
    })

    if (options.second !== undefined) {
      it("sees what another process has written and erased", async ({ storage, second }) => {
        const other = await second()
        await importChanges(other, [user(person, "Zoë")])
        assert.notDeepEqual(await storage.countTraces("Zoë"), {})
        await eraseNow(other)
        same(await storage.countTraces("Zoë"), {})
      })
    }
  })
}

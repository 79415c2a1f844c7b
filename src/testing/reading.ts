import assert from "node:assert/strict"
import { kinds } from "../models/index.ts"
import type { RosterStorage, StoredFingerprint, StoredRecord } from "../storage/contract.ts"
import { all, changesOf, fingerprint, inPages, same } from "./checks.ts"
import { away, home, importChanges, mark, orderedIds, put, record, reject } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const users = { districtId: home, kind: "user" as const }
const archivedIds = orderedIds.filter((_, index) => index % 3 === 1)

/** Users with the ordered ids, saved in another order, every third one archived. */
async function prepare(storage: RosterStorage): Promise<StoredRecord[]> {
  const half = Math.floor(orderedIds.length / 2)
  const shuffled = [...orderedIds.slice(half).reverse(), ...orderedIds.slice(0, half)]
  for (const [index, ids] of [shuffled.slice(0, 9), shuffled.slice(9)].entries()) {
    const changes = ids.map((id) => put("create", "user", id))
    await importChanges(storage, changes, { runId: `run-${index}` })
  }
  const archives = archivedIds.map((id) => mark("archive", "user", id))
  await importChanges(storage, archives, { runId: "run-archive" })
  await importChanges(storage, [put("create", "user", "foreign")], { runId: "run-away", districtId: away })
  return orderedIds.map((id) => record("user", id, "first", archivedIds.includes(id) ? "archived" : "active"))
}

export function readingChapter({ describe, it }: Suite): void {
  describe("reading the roster", () => {
    it("finds nothing in an unknown district or an empty kind", async ({ storage }) => {
      await prepare(storage)
      for (const query of [
        { districtId: "unknown", kind: "user" as const },
        { districtId: home, kind: "term" as const },
      ]) {
        same(await storage.listRecords({ ...query, limit: all }), [])
        same(await storage.listFingerprints({ ...query, after: "", limit: all }), [])
        same(await storage.getRecords({ ...query, ids: ["a"] }), [])
      }
      same(await storage.getDistrict("unknown"), { version: 0, cursor: null, lastRunId: null, counts: {} })
    })

    it("lists records in code unit order of their ids, archived ones included", async ({ storage }) => {
      const records = await prepare(storage)
      same(await storage.listRecords({ ...users, limit: all }), records)
    })

    it("lists the records of one state", async ({ storage }) => {
      const records = await prepare(storage)
      for (const state of ["active", "archived"] as const) {
        const expected = records.filter((one) => one.state === state)
        same(await storage.listRecords({ ...users, state, limit: all }), expected)
        for (const limit of [1, 3]) {
          const paged = await inPages<StoredRecord>(limit, (last) =>
            storage.listRecords({ ...users, state, after: last?.id, limit }),
          )
          same(paged, expected)
        }
      }
    })

    it("pages through records one by one", async ({ storage }) => {
      const records = await prepare(storage)
      const paged = await inPages<StoredRecord>(1, (last) =>
        storage.listRecords({ ...users, after: last?.id, limit: 1 }),
      )
      same(paged, records)
    })

    it("begins after any id, stored or not, and before all of them after the empty one", async ({
      storage,
    }) => {
      const records = await prepare(storage)
      for (const after of ["", "!", "AAA", "Aa", "a", "zz", "~"]) {
        const expected = records.filter((one) => one.id > after)
        same(await storage.listRecords({ ...users, after, limit: all }), expected)
        const listed = await storage.listFingerprints({ ...users, after, limit: all })
        same(listed.map(fingerprint), expected.map(fingerprint))
      }
    })

    it("lists fingerprints of every range, its upper end included and its lower end not", async ({
      storage,
    }) => {
      const records = await prepare(storage)
      const bounds = ["", "0", "05", "A", "B", "_", "a", "b", "zzz"]
      for (const after of bounds) {
        for (const upTo of bounds) {
          const expected = records.filter((one) => one.id > after && one.id <= upTo).map(fingerprint)
          for (const limit of [all, 2]) {
            const listed = await storage.listFingerprints({ ...users, after, upTo, limit })
            same(listed.map(fingerprint), expected.slice(0, limit))
          }
        }
      }
    })

    it("pages through fingerprints one by one", async ({ storage }) => {
      const records = await prepare(storage)
      const paged = await inPages<StoredFingerprint>(1, (last) =>
        storage.listFingerprints({ ...users, after: last?.id ?? "", limit: 1 }),
      )
      same(paged.map(fingerprint), records.map(fingerprint))
    })

    it("tells whether a stretch holds what it is said to, if it can tell", async ({ storage }) => {
      const ids = Array.from({ length: 60 }, (_, index) => `u${String(index).padStart(2, "0")}`)
      await importChanges(
        storage,
        ids.map((id) => put("create", "user", id)),
      )
      await importChanges(storage, [mark("archive", "user", "u30")], { runId: "run-archive" })
      const stored = await storage.listFingerprints({ ...users, after: "", limit: all })
      const active = stored.filter(({ state }) => state === "active")
      const foreign = (id: string): StoredFingerprint => fingerprint(record("user", id))
      const other = (one: StoredFingerprint): StoredFingerprint => ({ ...one, raw: foreign("u0").raw })
      const range = { after: "u09", upTo: "u39" }
      const within = active.filter(({ id }) => id > range.after && id <= range.upTo)
      const inOrder = (...list: StoredFingerprint[]): StoredFingerprint[] =>
        list.toSorted((one, two) => (one.id < two.id ? -1 : 1))
      for (const said of [
        within.filter(({ id }) => id < "u30"),
        within,
        inOrder(...within, foreign("u30")),
        inOrder(...within, foreign("u100"), foreign("u371")),
        within.map((one, index) => (index % 20 === 3 ? other(one) : one)),
        within.filter((_, index) => index % 20 !== 0),
        inOrder(...within.filter(({ id }) => id !== "u19"), foreign("u190")),
        inOrder(...within.filter(({ id }) => id !== "u39"), foreign("u385")),
        inOrder(...within.slice(1), foreign("u200")).map((one, index) => (index === 7 ? other(one) : one)),
        within.map(other),
        [],
      ]) {
        for (const stretch of [range, { ...range, upTo: "u29" }, { after: "u40" }, { after: "z" }]) {
          const { after, upTo } = { upTo: undefined, ...stretch }
          const told = said.filter(({ id }) => id > after && (upTo === undefined || id <= upTo))
          const there = stored.filter(({ id }) => id > after && (upTo === undefined || id <= upTo))
          const isSame = (one: StoredFingerprint, two: StoredFingerprint): boolean =>
            one.id === two.id && one.raw === two.raw && two.state === "active"
          const query = { ids: told.map(({ id }) => id), raws: told.map(({ raw }) => raw) }
          const answer = await storage.isStretchSame?.({ ...users, after, upTo, ...query })
          if (answer === undefined) return
          const others = there.filter((one) => !told.some((two) => isSame(two, one)))
          const same01 = told.map((one) => (there.some((two) => isSame(one, two)) ? 1 : 0))
          const isExact = others.length === 0 && !same01.includes(0)
          assert.equal(answer === true, isExact)
          if (typeof answer === "boolean") continue
          same([...answer.same], same01)
          same(answer.others.map(fingerprint), others.map(fingerprint))
        }
      }
    })

    it("gets records by id in ascending order, each once, unknown ones left out", async ({ storage }) => {
      const records = await prepare(storage)
      const ids = ["zz-unknown", "a", "B", "", "foreign", "a", "-", "__proto__", "constructor", "toString"]
      const expected = records.filter((one) => ids.includes(one.id))
      assert.equal(expected.length, 5)
      same(await storage.getRecords({ ...users, ids }), expected)
      same(await storage.getRecords({ ...users, ids: [] }), [])
      same(await storage.getRecords({ ...users, kind: "school", ids }), [])
    })

    it("gets a thousand records at once", async ({ storage }) => {
      const ids = Array.from({ length: 1_000 }, (_, index) => `u${index}`)
      await importChanges(
        storage,
        ids.map((id) => put("create", "user", id)),
      )
      const found = await storage.getRecords({ ...users, ids })
      same(
        found.map((one) => one.id),
        ids.toSorted(),
      )
    })

    it("keeps what is stored apart from the objects returned", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a")])
      const returned = [
        ...(await storage.listRecords({ ...users, limit: all })),
        ...(await storage.getRecords({ ...users, ids: ["a"] })),
        ...(await storage.listFingerprints({ ...users, after: "", limit: all })),
        ...(await changesOf(storage, "run-1")),
      ]
      assert.equal(returned.length, 4)
      for (const one of returned) Object.assign(one, { state: "archived", data: "", raw: "", after: "" })
      const head = await storage.getDistrict(home)
      head.counts = {}
      head.version = 99
      same(await storage.listRecords({ ...users, limit: all }), [record("user", "a")])
      assert.equal((await changesOf(storage, "run-1"))[0]?.after, `{"id":"a","text":"first"}`)
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 0 } })
      assert.equal((await storage.getDistrict(home)).version, 1)
    })

    for (const [name, data] of exactTexts) {
      it(`keeps the JSON text exactly: ${name}`, async ({ storage }) => {
        await importChanges(storage, [put("create", "user", "a")], { runId: "run-0" })
        const bad = { ...reject("user", "?1", name), path: data.slice(0, 200), data: `${data} torn` }
        await importChanges(storage, [put("update", "user", "a", "second", data), bad])
        const [stored] = await storage.listRecords({ ...users, limit: all })
        assert.equal(stored?.data, data)
        const [change] = await changesOf(storage, "run-1")
        assert.equal(change?.after, data)
        same(await storage.listRejections({ runId: "run-1", limit: all }), [
          { kind: "user", id: "?1", reason: name, path: bad.path, data: bad.data },
        ])
        await importChanges(storage, [put("update", "user", "a", "third")], { runId: "run-2" })
        const [later] = await changesOf(storage, "run-2")
        assert.equal(later?.before, data)
      })
    }

    it("keeps the JSON text of every kind", async ({ storage }) => {
      const data = ` { "id" : "a" , "n" : 1.50 }\n`
      await importChanges(
        storage,
        kinds.map((kind) => put("create", kind, "a", "first", data)),
      )
      for (const kind of kinds) {
        const [stored] = await storage.listRecords({ districtId: home, kind, limit: all })
        assert.equal(stored?.data, data)
      }
    })
  })
}

/** JSON texts that a column of type JSON, a text of another encoding or a parser would alter. */
const exactTexts: readonly (readonly [name: string, data: string])[] = [
  ["spaces, line ends and the order of keys", `\t{ "z" : 1 ,\r\n "a":  [ ] , "id":"a" }\n `],
  ["a key twice", `{"id":"a","n":1,"n":2}`],
  ["numbers beyond a double", `{"id":"a","n":12345678901234567890.10,"m":1E400,"z":-0,"e":1.0e+2}`],
  [
    "letters of many scripts, and beyond the first plane",
    `{"id":"a","n":"Zoë Łódź 学校 العربية 🏫👩🏽‍🏫 𝒳"}`,
  ],
  ["composed and decomposed accents", `{"id":"a","n":"\u00e9 e\u0301 \u212b"}`],
  ["line separators and a byte order mark", `{"id":"a","n":"\u2028\u2029\u0085\ufeff\u00a0"}`],
  [
    "escapes of lone surrogates and of the null character",
    `{"id":"a","n":"\\ud83d \\udc00 \\u0000 \\u001f"}`,
  ],
  ["escapes that need none", `{"id":"a","n":"\\u0041\\/\\u00e9"}`],
  [
    "quotes, backslashes and what SQL or a format would read",
    `{"id":"a","n":"\\"'\\\\ %s ? $1 :id \`--;\\\\N"}`,
  ],
  ["100 kB", `{"id":"a","n":"${"é学🏫x".repeat(10_000)}"}`],
]

import assert from "node:assert/strict"
import type { AccountLink } from "../storage/contract.ts"
import { all, inPages, refused, same } from "./checks.ts"
import { away, home, importChanges, makeLink, orderedIds, put, takeLease } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const issuer = "https://clever.com"

export function linksChapter({ describe, it, options }: Suite): void {
  describe("links", () => {
    it("knows none of a new store", async ({ storage }) => {
      assert.equal(await storage.getLink({ issuer, cleverId: "c1" }), undefined)
      same(await storage.listLinks({ limit: all }), [])
      same(await storage.moveLink({ issuer, cleverId: "c1", legacyIds: ["old"], districtId: home }), {
        state: "none",
      })
      assert.equal(await storage.deleteLinks({ issuer, cleverId: "c1" }), 0)
    })

    it("returns a link as it was claimed", async ({ storage }) => {
      const link = makeLink({ accountId: "Zoë “1” 🏫", linkedBy: "app: Zoë", districtId: null })
      same(await storage.claimLink(link), { claimed: true, link })
      same(await storage.getLink(link), link)
      same(await storage.listLinks({ limit: all }), [link])
    })

    it("answers a second claim with the first link, whoever claims, and changes nothing", async ({
      storage,
    }) => {
      const link = makeLink()
      await storage.claimLink(link)
      for (const other of [link, makeLink({ accountId: "other", districtId: away, linkedBy: "second" })]) {
        same(await storage.claimLink(other), { claimed: false, link })
      }
      same(await storage.listLinks({ limit: all }), [link])
    })

    it("keeps issuers apart that have an id in common, and ids that differ by case", async ({ storage }) => {
      const links = [
        makeLink({ issuer: "https://a.example", accountId: "1" }),
        makeLink({ issuer: "https://b.example", accountId: "2" }),
        makeLink({ issuer: "https://b.example", cleverId: "C1", accountId: "3" }),
      ]
      for (const link of links) assert.ok((await storage.claimLink(link)).claimed)
      for (const link of links) same(await storage.getLink(link), link)
    })

    it("keeps what is stored apart from the objects given and returned", async ({ storage }) => {
      const given = makeLink()
      await storage.claimLink(given)
      given.accountId = "changed by the caller"
      const returned = await storage.getLink(given)
      assert.ok(returned)
      returned.accountId = "changed by the reader"
      for (const link of await storage.listLinks({ limit: all })) link.accountId = "changed too"
      same(await storage.getLink(makeLink()), makeLink())
    })

    it("lets an account have several ids, unless a claim is exclusive", async ({ storage }) => {
      const first = makeLink()
      await storage.claimLink(first)
      const second = makeLink({ cleverId: "c2" })
      same(await storage.claimLink(second, { exclusive: true }), { claimed: false, link: first })
      assert.equal(await storage.getLink(second), undefined)
      same(await storage.claimLink(second), { claimed: true, link: second })
      same(await storage.claimLink(second, { exclusive: true }), { claimed: false, link: second })
      const free = makeLink({ cleverId: "c3", accountId: "free" })
      same(await storage.claimLink(free, { exclusive: true }), { claimed: true, link: free })
    })

    it("gives an id to exactly one of many who claim it at once", async ({ storage }) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => storage.claimLink(makeLink({ accountId: `a${index}` }))),
      )
      assert.equal(answers.filter((answer) => answer.claimed).length, 1)
      const winner = await storage.getLink(makeLink())
      for (const answer of answers) same(answer.link, winner)
    })

    it("gives an account to exactly one of many who claim it exclusively at once", async ({ storage }) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          storage.claimLink(makeLink({ cleverId: `c${index}` }), { exclusive: true }),
        ),
      )
      assert.equal(answers.filter((answer) => answer.claimed).length, 1)
      const links = await storage.listLinks({ limit: all })
      assert.equal(links.length, 1)
      for (const answer of answers) same(answer.link, links[0])
    })

    it("lists in ascending issuer and id, by code unit, in pages, of all, a district or an account", async ({
      storage,
    }) => {
      const links = ["https://A", "https://b"].flatMap((one) =>
        orderedIds.map((cleverId, index) =>
          makeLink({
            issuer: one,
            cleverId,
            districtId: [home, away, null][index % 3] ?? null,
            accountId: `account-${index % 2}`,
          }),
        ),
      )
      for (const link of links.toReversed()) await storage.claimLink(link)
      const wanted: [{ districtId?: string; accountId?: string }, AccountLink[]][] = [
        [{}, links],
        [{ districtId: home }, links.filter((link) => link.districtId === home)],
        [{ accountId: "account-1" }, links.filter((link) => link.accountId === "account-1")],
        [{ districtId: "nowhere" }, []],
      ]
      for (const [query, expected] of wanted) {
        same(
          await inPages<AccountLink>(7, (after) => storage.listLinks({ ...query, after, limit: 7 })),
          expected,
        )
        same(await storage.listLinks({ ...query, limit: all }), expected)
      }
    })

    it("removes a person's link, an account's links and a district's, and tells how many", async ({
      storage,
    }) => {
      const links = [
        makeLink({ cleverId: "c1", accountId: "a1" }),
        makeLink({ cleverId: "c2", accountId: "a2" }),
        makeLink({ cleverId: "c3", accountId: "a2", districtId: null }),
        makeLink({ cleverId: "c4", accountId: "a3", districtId: away }),
        makeLink({ cleverId: "c5", accountId: "a4", districtId: away }),
        makeLink({ cleverId: "c6", accountId: "a5", districtId: null }),
      ]
      for (const link of links) await storage.claimLink(link)
      assert.equal(await storage.deleteLinks({ issuer, cleverId: "c1" }), 1)
      assert.equal(await storage.deleteLinks({ issuer: "https://other", cleverId: "c2" }), 0)
      assert.equal(await storage.deleteLinks({ accountId: "a2" }), 2)
      assert.equal(await storage.deleteLinks({ districtId: away }), 2)
      assert.equal(await storage.deleteLinks({ districtId: away }), 0)
      same(await storage.listLinks({ limit: all }), [links[5]])
      assert.ok((await storage.claimLink(makeLink({ cleverId: "c1", accountId: "new" }))).claimed)
    })

    if (options.reopen !== undefined) {
      it("are still there when the store is opened again", async ({ storage, reopen }) => {
        const links = [makeLink(), makeLink({ cleverId: "c2", districtId: null })]
        for (const link of links) await storage.claimLink(link)
        const again = await reopen()
        same(await again.listLinks({ limit: all }), links)
        assert.ok(!(await again.claimLink(makeLink({ accountId: "other" }))).claimed)
      })
    }

    if (options.second !== undefined) {
      it("are given once over two storages on one store", async ({ storage, second }) => {
        const other = await second()
        for (let round = 0; round < 10; round++) {
          const link = makeLink({ cleverId: `c${round}`, accountId: `shared-${round}` })
          const rival = makeLink({ cleverId: `r${round}`, accountId: `shared-${round}` })
          const answers = await Promise.all([
            storage.claimLink({ ...link, linkedBy: "first" }, { exclusive: true }),
            other.claimLink({ ...link, linkedBy: "second" }, { exclusive: true }),
            storage.claimLink(rival, { exclusive: true }),
            other.claimLink(rival, { exclusive: true }),
          ])
          assert.equal(answers.filter((answer) => answer.claimed).length, 1)
          for (const one of [storage, other]) {
            const links = await one.listLinks({ accountId: `shared-${round}`, limit: all })
            same(links, [answers[0]?.link])
          }
        }
      })

      it("are claimed while the other storage imports", async ({ storage, second }) => {
        const other = await second()
        const lease = await takeLease(storage, away)
        const changes = Array.from({ length: 3_000 }, (_, index) => put("create", "user", `u${index}`))
        const importing = importChanges(storage, changes)
        for (let index = 0; index < 20; index++) {
          const link = makeLink({ cleverId: `c${index}`, accountId: `a${index}` })
          assert.ok((await other.claimLink(link)).claimed)
          same(await storage.getLink(link), link)
        }
        await importing
        await storage.releaseLease(lease)
        assert.equal((await storage.listLinks({ limit: all })).length, 20)
      })
    }
  })

  describe("moving a link to a person's present id", () => {
    const move = { issuer, cleverId: "new", legacyIds: ["old-1", "old-2"], districtId: home }

    it("moves the one older link there is, and keeps account, time and origin", async ({ storage }) => {
      const old = makeLink({ cleverId: "old-2", linkedBy: "import of 2024" })
      await storage.claimLink(old)
      const link = { ...old, cleverId: "new" }
      same(await storage.moveLink(move), { state: "linked", link, from: ["old-2"] })
      same(await storage.listLinks({ limit: all }), [link])
    })

    it("does nothing to a link under the present id alone, time and again", async ({ storage }) => {
      const link = makeLink({ cleverId: "new" })
      await storage.claimLink(link)
      for (let round = 0; round < 2; round++) {
        same(await storage.moveLink(move), { state: "linked", link, from: [] })
        same(await storage.moveLink({ ...move, legacyIds: ["new"] }), { state: "linked", link, from: [] })
      }
      same(await storage.listLinks({ limit: all }), [link])
    })

    it("joins several links of one account, and keeps the oldest, or the one under the present id", async ({
      storage,
    }) => {
      const later = makeLink({ cleverId: "old-1", linkedBy: "later", linkedAt: "2026-02-01T00:00:00.000Z" })
      const sooner = makeLink({ cleverId: "old-2", linkedBy: "sooner", linkedAt: "2026-01-01T00:00:00.000Z" })
      await storage.claimLink(later)
      await storage.claimLink(sooner)
      const link = { ...sooner, cleverId: "new" }
      same(await storage.moveLink(move), { state: "linked", link, from: ["old-1", "old-2"] })
      await storage.claimLink(later)
      same(await storage.moveLink(move), { state: "linked", link, from: ["old-1"] })
      same(await storage.listLinks({ limit: all }), [link])
    })

    it("refuses to choose between two accounts, and changes nothing", async ({ storage }) => {
      const links = [
        makeLink({ cleverId: "old-1", accountId: "a1" }),
        makeLink({ cleverId: "old-2", accountId: "a2" }),
      ]
      for (const link of links) await storage.claimLink(link)
      same(await storage.moveLink(move), { state: "conflict", links })
      same(await storage.moveLink({ ...move, cleverId: "old-1" }), { state: "conflict", links })
      same(await storage.listLinks({ limit: all }), links)
    })

    it("refuses to move between districts, and changes nothing", async ({ storage }) => {
      const link = makeLink({ cleverId: "old-1", districtId: away })
      await storage.claimLink(link)
      same(await storage.moveLink(move), { state: "conflict", links: [link] })
      same(await storage.listLinks({ limit: all }), [link])
    })

    it("gives a link without a district the person's, and keeps the one it has", async ({ storage }) => {
      const link = makeLink({ cleverId: "new", districtId: null })
      await storage.claimLink(link)
      const found = { ...link, districtId: home }
      same(await storage.moveLink({ ...move, legacyIds: [] }), { state: "linked", link: found, from: [] })
      same(await storage.moveLink({ ...move, districtId: null }), { state: "linked", link: found, from: [] })
      same(await storage.getLink(link), found)
    })

    it("looks at the links of its issuer alone", async ({ storage }) => {
      const link = makeLink({ issuer: "https://other", cleverId: "old-1" })
      await storage.claimLink(link)
      same(await storage.moveLink(move), { state: "none" })
      same(await storage.listLinks({ limit: all }), [link])
    })

    it("leaves one link when many move at once", async ({ storage }) => {
      await storage.claimLink(makeLink({ cleverId: "old-1" }))
      const answers = await Promise.all(Array.from({ length: 20 }, () => storage.moveLink(move)))
      for (const answer of answers) assert.equal(answer.state, "linked")
      const froms = answers.flatMap((answer) => (answer.state === "linked" ? answer.from : []))
      same(froms, ["old-1"])
      same(await storage.listLinks({ limit: all }), [makeLink({ cleverId: "new" })])
    })
  })

  describe("links of a closed storage", () => {
    it("are refused", async ({ storage }) => {
      await storage.close()
      const link = makeLink()
      await refused(storage.getLink(link), "STORAGE_UNREADABLE")
      await refused(storage.listLinks({ limit: 1 }), "STORAGE_UNREADABLE")
      await refused(storage.claimLink(link), "STORAGE_UNREADABLE")
      await refused(storage.deleteLinks(link), "STORAGE_UNREADABLE")
      await refused(
        storage.moveLink({ issuer, cleverId: "c1", legacyIds: [], districtId: null }),
        "STORAGE_UNREADABLE",
      )
    })
  })
}

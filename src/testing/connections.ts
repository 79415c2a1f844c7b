import assert from "node:assert/strict"
import type { Connection } from "../storage/contract.ts"
import { refused, same } from "./checks.ts"
import { away, home, makeConnection } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

export function connectionsChapter({ describe, it }: Suite): void {
  describe("connections", () => {
    it("knows none of a new store", async ({ storage }) => {
      assert.equal(await storage.getConnection(home), undefined)
      same(await storage.listConnections(), [])
    })

    it("returns a connection as it was saved, with all its steps in their order", async ({ storage }) => {
      const states: Connection["state"][] = [
        "requested",
        "declined",
        "approved",
        "active",
        "paused",
        "disconnected",
      ]
      const steps = states.map((state, index) => ({
        state,
        mode: index % 2 === 0 ? ("sso" as const) : ("sso+provisioning" as const),
        at: `2026-08-0${9 - index}T08:00:00.000Z`,
        by: index === 0 ? "cli" : `Zoë “${index}”`,
      }))
      const connection = makeConnection({ name: "École nº 5 — 学校 🏫", state: "disconnected", steps })
      await storage.saveConnection(connection)
      same(await storage.getConnection(home), connection)
    })

    it("keeps a connection without steps", async ({ storage }) => {
      const connection = makeConnection({ mode: "sso", state: "requested", name: "", steps: [] })
      await storage.saveConnection(connection)
      same(await storage.getConnection(home), connection)
    })

    it("replaces the connection of a district, steps included", async ({ storage }) => {
      await storage.saveConnection(makeConnection())
      const next = makeConnection({ name: "Renamed", state: "paused", mode: "sso", steps: [] })
      await storage.saveConnection(next)
      same(await storage.listConnections(), [next])
    })

    it("keeps a connection's settings, and replaces them as a whole", async ({ storage }) => {
      const settings: Connection["settings"] = {
        guards: { archivedShare: 0.25, onHold: "risky-only", kinds: { school: { maySchoolsGo: true } } },
        scope: { kinds: ["school", "user"], exclude: ["Zoë"], fields: { user: ["name.first"] } },
        ownership: { user: { "name.first": "sticky", email: "app" } },
      }
      await storage.saveConnection(makeConnection({ settings }))
      same(await storage.getConnection(home), makeConnection({ settings }))
      same(await storage.listConnections(), [makeConnection({ settings })])
      await storage.saveConnection(makeConnection({ settings: { scope: { exclude: [] } } }))
      same((await storage.getConnection(home))?.settings, { scope: { exclude: [] } })
    })

    it("lists connections in ascending district id, by code unit", async ({ storage }) => {
      const ids = ["b", "a", "B", "10", "2", "_", "aa"]
      for (const districtId of ids) await storage.saveConnection(makeConnection({ districtId }))
      const listed = await storage.listConnections()
      same(
        listed.map((one) => one.districtId),
        ["10", "2", "B", "_", "a", "aa", "b"],
      )
    })

    it("keeps what is saved apart from the objects given and returned", async ({ storage }) => {
      const given = makeConnection()
      await storage.saveConnection(given)
      given.name = "changed by the caller"
      given.steps.pop()
      given.settings.scope = { exclude: ["a"] }
      const returned = await storage.getConnection(home)
      assert.ok(returned)
      returned.steps.length = 0
      returned.settings.ownership = {}
      for (const one of await storage.listConnections()) one.state = "declined"
      same(await storage.getConnection(home), makeConnection())
    })

    it("replaces only the connection that is expected, where one is", async ({ storage }) => {
      const first = makeConnection()
      await storage.saveConnection(first, null)
      await refused(storage.saveConnection(makeConnection({ name: "Twice" }), null), "CONNECTION_CHANGED")
      const scope = { exclude: ["u1"], kinds: ["user" as const] }
      const second = makeConnection({ settings: { scope, guards: { atLeast: 3 } } })
      await storage.saveConnection(second, first)
      for (const stale of [first, makeConnection({ ...second, steps: [] }), null]) {
        const late = storage.saveConnection(makeConnection({ name: "Late" }), stale)
        await refused(late, "CONNECTION_CHANGED")
      }
      same(await storage.getConnection(home), second)
      // The order of keys is not the content.
      const settings = { guards: { atLeast: 3 }, scope: { kinds: scope.kinds, exclude: scope.exclude } }
      await storage.saveConnection(first, { ...second, settings })
      const read = await storage.getConnection(home)
      await storage.saveConnection(second, read ?? null)
      same(await storage.listConnections(), [second])
      const absent = storage.saveConnection(makeConnection({ districtId: away }), first)
      await refused(absent, "CONNECTION_CHANGED")
      same(await storage.getConnection(away), undefined)
    })

    it("lets one of several at once replace a connection", async ({ storage }) => {
      await storage.saveConnection(makeConnection())
      const writes = Array.from({ length: 8 }, (_, index) =>
        storage.saveConnection(makeConnection({ name: `by ${index}` }), makeConnection()).then(
          () => index,
          () => undefined,
        ),
      )
      const won = (await Promise.all(writes)).filter((index) => index !== undefined)
      same(won.length, 1)
      same((await storage.getConnection(home))?.name, `by ${won[0]}`)
    })

    it("does not make a district known to the roster", async ({ storage }) => {
      await storage.saveConnection(makeConnection({ districtId: away }))
      assert.equal((await storage.getDistrict(away)).version, 0)
      assert.equal(await storage.getConnection(home), undefined)
    })
  })
}

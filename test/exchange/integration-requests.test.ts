import { expect, test } from "vitest"
import { AuditLog, IntegrationRequests } from "../../src/exchange/index.ts"
import { districtId, ExchangeWorld } from "../support/exchange-world.ts"
import { storageNames } from "../support/roster-world.ts"

class RequestWorld extends ExchangeWorld {
  readonly told: string[] = []
  readonly requests: IntegrationRequests = this.anotherBook()

  anotherBook(): IntegrationRequests {
    return new IntegrationRequests({
      storage: this.storage,
      connections: this.connections,
      clock: () => this.nowMs++,
      onStep: ({ state, steps }) => void this.told.push(`${state} by ${steps.at(-1)?.by}`),
    })
  }
}

test.each(storageNames)("a wish becomes a connection, step by step, on %s", async (storage) => {
  const world = new RequestWorld(storage)
  const { requests, connections } = world
  const { id } = await requests.request({ mode: "sso+provisioning", by: "school" })
  expect(id).not.toContain("school")
  expect(await requests.request({ mode: "sso+provisioning", by: "school" })).toMatchObject({
    id,
    state: "requested",
  })
  const early = requests.connect(id, { districtId: districtId(1), by: "school" })
  await expect(early).rejects.toMatchObject({ code: "CONNECTION_TRANSITION_INVALID" })

  await requests.approve(id, { by: "staff" })
  world.clever.failing.set(districtId(1), "CLEVER_DISTRICT_NOT_CONNECTED")
  const wrong = requests.connect(id, { districtId: districtId(1), by: "school" })
  await expect(wrong).rejects.toMatchObject({ code: "CLEVER_DISTRICT_NOT_CONNECTED" })
  expect((await requests.get(id)).state).toBe("approved")

  const connection = await requests.connect(id, { districtId: districtId(2), by: "school" })
  expect(connection).toMatchObject({ districtId: districtId(2), mode: "sso+provisioning", state: "active" })
  expect(await requests.get(id)).toMatchObject({ state: "connected", districtId: districtId(2) })
  expect(world.told).toEqual(["requested by school", "approved by staff", "connected by school"])
  expect((await connections.get(districtId(2))).steps.map(({ by }) => by)).toEqual([
    "school",
    "school",
    "school",
  ])

  const { entries } = await new AuditLog({ storage: world.storage }).list()
  const actions = entries.filter(({ action }) => action.startsWith("integration"))
  expect(actions.map(({ action, by, districtId }) => [action, by, districtId]).reverse()).toEqual([
    ["integration-requested", "school", null],
    ["integration-approved", "staff", null],
    ["integration-connected", "school", districtId(2)],
  ])
})

test("who was declined may ask again; two who decide at once do not both", async () => {
  const world = new RequestWorld()
  const { id } = await world.requests.request({ mode: "sso", by: "school" })
  const decisions = await Promise.allSettled([
    world.requests.decline(id, { by: "one" }),
    world.anotherBook().decline(id, { by: "other" }),
  ])
  expect(decisions.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
  expect(await world.requests.request({ mode: "sso", by: "school" })).toMatchObject({
    id,
    state: "requested",
  })
  await expect(world.requests.get("none")).rejects.toMatchObject({ code: "CONNECTION_NOT_FOUND" })
  const states = (await world.requests.list()).map(({ steps }) => steps.map(({ state }) => state))
  expect(states).toEqual([["requested", "declined", "requested"]])
})

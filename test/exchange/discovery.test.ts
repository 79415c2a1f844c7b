import { describe, expect, test } from "vitest"
import {
  AuditLog,
  Connections,
  Discovery,
  type DiscoveryEvent,
  type DiscoveryOptions,
  forgetDistrict,
} from "../../src/entries/exchange.ts"
import { CleverClient, HomeroomError } from "../../src/index.ts"
import { startSimulator } from "../../src/simulator/index.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { districtId, ExchangeWorld, HandTimers, minuteMs, SmallClever } from "../support/exchange-world.ts"
import { storageNames } from "../support/roster-world.ts"

const one = districtId(1)
const two = districtId(2)
const three = districtId(3)

/** The districts of an app come and go here. */
class ListedClever extends SmallClever {
  listed: string[] = [one, two]
  /** The list breaks off with it after the first district. */
  breaksWith: HomeroomError | undefined
  lists = 0

  async *districtTokens() {
    this.lists++
    for (const id of this.listed) {
      yield { districtId: id }
      if (this.breaksWith !== undefined) throw this.breaksWith
    }
  }
}

class DiscoveryWorld extends ExchangeWorld {
  readonly listed: ListedClever = new ListedClever()
  readonly told: DiscoveryEvent[] = []

  discovery(options: Partial<DiscoveryOptions> = {}): Discovery {
    const { storage, connections, now: clock, timers, listed: clever } = this
    return new Discovery({
      storage,
      connections,
      clock,
      repeat: timers.repeat,
      apps: [{ name: "default", clever }],
      onEvent: (event) => this.told.push(event),
      ...options,
    })
  }

  summary(): string[] {
    return this.told.map(({ type, districtId: id }) => `${type} ${Number.parseInt(id.slice(4), 16)}`)
  }

  async states(): Promise<string[]> {
    return (await this.storage.listConnections()).map(({ state }) => state)
  }
}

describe.each(storageNames)("discovery, in %s", (name) => {
  test("files each district that has connected as requested, once", async () => {
    const world = new DiscoveryWorld(name)
    const discovery = world.discovery()
    await world.connect(two)
    const [report] = await discovery.poll()
    expect(report).toEqual({ app: "default", districts: 2, found: [one], back: [], gone: [], error: null })
    expect(await world.connections.get(one)).toMatchObject({
      state: "requested",
      mode: "sso+provisioning",
      name: "District",
      steps: [{ by: "discovery" }],
    })
    expect(await world.states()).toEqual(["requested", "active"])
    expect(world.summary()).toEqual(["district-found 1"])
    const { entries } = await new AuditLog({ storage: world.storage }).list({ districtId: one })
    expect(entries).toMatchObject([{ action: "connection-requested", by: "discovery" }])
    expect(await discovery.poll()).toMatchObject([{ found: [], back: [], gone: [] }])
    expect(world.told).toHaveLength(1)
    // Clever does not say what it is called: a request it is all the same.
    world.listed.listed.push(three)
    world.listed.failing.set(three, "CLEVER_UNAVAILABLE")
    expect(await discovery.poll()).toMatchObject([{ found: [three] }])
    expect(await world.connections.get(three)).toMatchObject({ state: "requested", name: "" })
  })

  test("tells of one that has gone in two looks, and leaves its connection as it is", async () => {
    const world = new DiscoveryWorld(name)
    const discovery = world.discovery()
    await discovery.poll()
    await world.connect(one)
    world.listed.listed = [two]
    expect(await discovery.poll()).toMatchObject([{ gone: [] }])
    world.listed.listed = [one, two]
    expect(await discovery.poll()).toMatchObject([{ gone: [], back: [] }])
    world.listed.listed = [two]
    await discovery.poll()
    expect(await discovery.poll()).toMatchObject([{ gone: [one] }])
    await discovery.poll()
    expect(world.summary().slice(2)).toEqual(["district-gone 1"])
    expect(world.told.at(-1)?.connection).toMatchObject({ state: "active" })
    expect(await world.states()).toEqual(["active", "requested"])
    world.nowMs++
    world.listed.listed = [one, two]
    expect(await discovery.poll()).toMatchObject([{ back: [one] }])
    expect(await world.states()).toEqual(["active", "requested"])
    const { entries } = await new AuditLog({ storage: world.storage }).list({ districtId: one, limit: 2 })
    expect(entries.map(({ action }) => action)).toEqual(["district-back", "district-gone"])
  })

  test("requests anew what comes back after its connection was ended, and nothing else", async () => {
    const world = new DiscoveryWorld(name)
    const discovery = world.discovery()
    await discovery.poll()
    await world.connections.decline(one, { by: "ada" })
    await world.connect(two)
    await world.connections.disconnect(two, { by: "ada" })
    await discovery.poll()
    expect(await world.states()).toEqual(["declined", "disconnected"])
    world.listed.listed = []
    await discovery.poll()
    await discovery.poll()
    world.listed.listed = [one, two]
    await discovery.poll()
    expect(await world.states()).toEqual(["requested", "requested"])
  })

  test("of a list that breaks off nobody is missing; the failure is reported with its code", async () => {
    const world = new DiscoveryWorld(name)
    const discovery = world.discovery()
    await discovery.poll()
    world.listed.breaksWith = new HomeroomError("CLEVER_UNAVAILABLE")
    for (let look = 0; look < 3; look++) {
      expect(await discovery.poll()).toMatchObject([
        { districts: null, gone: [], error: { code: "CLEVER_UNAVAILABLE" } },
      ])
    }
    expect(await discovery.lastPolls()).toMatchObject([{ districts: null, code: "CLEVER_UNAVAILABLE" }])
    world.listed.breaksWith = undefined
    expect(await discovery.poll()).toMatchObject([{ districts: 2, gone: [], back: [] }])
    expect(await discovery.lastPolls()).toMatchObject([{ app: "default", districts: 2, code: null }])
  })

  test("many processes file a district once, and share the looks", async () => {
    const world = new DiscoveryWorld(name)
    const discoveries = Array.from({ length: 4 }, () => {
      const storage = world.openStorage()
      const { clever, now: clock } = world
      return world.discovery({ storage, connections: new Connections({ storage, clever, clock }) })
    })
    await world.storage.open()
    await Promise.all(discoveries.map((discovery) => discovery.poll()))
    expect(world.summary().sort()).toEqual(["district-found 1", "district-found 2"])
    expect((await world.storage.listConnections()).map(({ steps }) => steps.length)).toEqual([1, 1])
    const before = world.listed.lists
    world.nowMs += 15 * minuteMs
    await Promise.all(discoveries.map((discovery) => discovery.start()))
    expect(world.listed.lists).toBe(before + 1)
    await Promise.all(discoveries.map((discovery) => discovery.stop()))
  })

  test("looks again and again, also after a failure, until it is stopped", async () => {
    const world = new DiscoveryWorld(name)
    const timers = new HandTimers()
    const reports: unknown[] = []
    const discovery = world.discovery({
      repeat: timers.repeat,
      intervalMs: 10 * minuteMs,
      onReport: ({ error, districts }) => reports.push(error?.code ?? districts),
    })
    world.listed.breaksWith = new HomeroomError("CLEVER_CREDENTIALS_REJECTED")
    await discovery.start()
    timers.beat()
    await discovery.start()
    world.listed.breaksWith = undefined
    world.nowMs += 10 * minuteMs
    await discovery.start()
    expect(reports).toEqual(["CLEVER_CREDENTIALS_REJECTED", 2])
    await discovery.stop()
    world.nowMs += 10 * minuteMs
    timers.beat()
    expect(world.listed.lists).toBe(2)
  })

  test("a district that is forgotten is found anew while Clever lists it", async () => {
    const world = new DiscoveryWorld(name)
    const { storage } = world
    const discovery = world.discovery()
    await discovery.poll()
    await forgetDistrict({ storage, districtId: one, by: "cli", clock: world.now })
    world.listed.listed = [two]
    await discovery.poll()
    expect(await storage.countTraces(one)).toEqual({})
    world.listed.listed = [one, two]
    expect(await discovery.poll()).toMatchObject([{ found: [one] }])
  })
})

test("each of several apps has its own districts, and is named by what is found through it", async () => {
  const storage = new MemoryStorage()
  const signIn = new ListedClever()
  const rostering = new ListedClever()
  signIn.listed = [one, three]
  rostering.listed = [two, three]
  const apps = [
    { name: "sign-in", mode: "sso" as const, clever: signIn },
    { name: "rostering", mode: "sso+provisioning" as const, clever: rostering },
  ]
  const discovery = new Discovery({ storage, apps, connections: new Connections({ storage, apps }) })
  signIn.breaksWith = new HomeroomError("CLEVER_CREDENTIALS_REJECTED")
  // One app's failure is not the other's.
  expect(await discovery.poll()).toMatchObject([{ found: [] }, { found: [two, three] }])
  signIn.breaksWith = undefined
  expect(await discovery.poll()).toMatchObject([{ found: [one] }, { found: [] }])
  const connections = await storage.listConnections()
  expect(connections.map(({ mode, settings }) => [mode, settings.app])).toEqual([
    ["sso", "sign-in"],
    ["sso+provisioning", "rostering"],
    ["sso+provisioning", "rostering"],
  ])
})

test("with the real client against the simulated Clever", async () => {
  const simulator = await startSimulator({ districts: 3, users: 20, schools: 1 })
  try {
    const { clientId, clientSecret, apiUrl, authUrl } = simulator
    const clever = new CleverClient({ clientId, clientSecret, apiUrl, authUrl })
    const storage = new MemoryStorage()
    const connections = new Connections({ storage, clever })
    const discovery = new Discovery({ storage, connections, apps: [{ name: "default", clever }] })
    const [report] = await discovery.poll()
    expect(report).toMatchObject({ districts: 3, error: null })
    expect([...(report?.found ?? [])].sort()).toEqual(simulator.districts.map(({ id }) => id).sort())
    for (const { id, name } of simulator.districts) {
      expect(await connections.get(id)).toMatchObject({ state: "requested", name })
    }
  } finally {
    await simulator.close()
  }
})

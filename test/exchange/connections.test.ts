import { beforeEach, describe, expect, test } from "vitest"
import {
  AuditLog,
  type ConnectionState,
  type ConnectionStepEvent,
  Connections,
  connectionTransitions,
  type DistrictDirectory,
  type ExchangeApp,
  forgetDistrict,
} from "../../src/entries/exchange.ts"
import { excludeId } from "../../src/exchange/exclude-id.ts"
import { HomeroomError } from "../../src/index.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"

const id = "58a1000000000000000000aa"
const states = Object.keys(connectionTransitions) as ConnectionState[]

let storage: MemoryStorage
let now: number
let told: ConnectionStepEvent[]
/** The districts that Clever shows to a token, by the district the token is for. */
let clever: Record<string, { id: string; name?: string }[]>
let asked: number

const directory: DistrictDirectory = {
  async *districts({ districtId }) {
    asked++
    const listed = clever[districtId]
    if (listed === undefined) throw new HomeroomError("CLEVER_DISTRICT_NOT_CONNECTED")
    yield* listed
  },
}

beforeEach(() => {
  storage = new MemoryStorage()
  now = Date.parse("2026-03-02T08:00:00Z")
  told = []
  asked = 0
  clever = { [id]: [{ id, name: "Clear Water ISD" }] }
})

function make(onStep: (event: ConnectionStepEvent) => void = (event) => told.push(event)): Connections {
  return new Connections({ storage, clever: directory, onStep, clock: () => (now += 1_000) })
}

/** Brings the district's connection into a state the allowed way. */
async function reach(connections: Connections, state: ConnectionState): Promise<void> {
  const by = "ada"
  await connections.request(id, { mode: "sso", by })
  if (state === "requested") return
  if (state === "declined") {
    await connections.decline(id, { by })
    return
  }
  await connections.approve(id, { by })
  if (state === "approved") return
  await connections.activate(id, { mode: "sso", by })
  if (state === "paused") await connections.pause(id, { by })
  if (state === "disconnected") await connections.disconnect(id, { by })
}

test("a connection's life: each step with who, when and in which mode", async () => {
  const connections = make()
  await connections.request(id, { mode: "sso", by: "school" })
  await connections.approve(id, { by: "ada" })
  await connections.activate(id, { mode: "sso+provisioning", by: "ada" })
  await connections.pause(id, { by: "bo" })
  await connections.resume(id, { by: "bo" })
  const ended = await connections.disconnect(id, { by: "school" })
  expect(ended).toMatchObject({ name: "Clear Water ISD", mode: "sso+provisioning", state: "disconnected" })
  expect(ended.steps).toEqual([
    { state: "requested", mode: "sso", at: "2026-03-02T08:00:01.000Z", by: "school" },
    { state: "approved", mode: "sso", at: "2026-03-02T08:00:03.000Z", by: "ada" },
    expect.objectContaining({ state: "active", mode: "sso+provisioning", by: "ada" }),
    expect.objectContaining({ state: "paused", mode: "sso+provisioning", by: "bo" }),
    expect.objectContaining({ state: "active", mode: "sso+provisioning", by: "bo" }),
    expect.objectContaining({ state: "disconnected", by: "school" }),
  ])
  expect(await connections.get(id)).toEqual(ended)
  const listed = []
  for await (const connection of connections.list()) listed.push(connection)
  expect(listed).toEqual([ended])
})

describe("every step that the table does not allow is refused and changes nothing", () => {
  const steps: [name: string, to: ConnectionState, take: (connections: Connections) => Promise<unknown>][] = [
    ["request", "requested", (connections) => connections.request(id, { mode: "sso", by: "x" })],
    ["approve", "approved", (connections) => connections.approve(id, { by: "x" })],
    ["decline", "declined", (connections) => connections.decline(id, { by: "x" })],
    ["activate", "active", (connections) => connections.activate(id, { mode: "sso+provisioning", by: "x" })],
    ["pause", "paused", (connections) => connections.pause(id, { by: "x" })],
    ["disconnect", "disconnected", (connections) => connections.disconnect(id, { by: "x" })],
  ]
  const cases = states.flatMap((from) => steps.map(([name, to, take]) => ({ from, name, to, take })))
  test.each(cases)("$name when $from", async ({ from, to, take }) => {
    const connections = make()
    await reach(connections, from)
    const before = await connections.get(id)
    expect(before.state).toBe(from)
    asked = 0
    if (connectionTransitions[from].includes(to)) {
      await take(connections)
      expect(await connections.get(id)).toMatchObject({
        state: to,
        steps: { length: before.steps.length + 1 },
      })
    } else {
      await expect(take(connections)).rejects.toMatchObject({ code: "CONNECTION_TRANSITION_INVALID" })
      expect(await connections.get(id)).toEqual(before)
      expect(asked).toBe(0)
    }
  })

  test.each(states.filter((state) => state !== "paused"))("resume when %s", async (state) => {
    const connections = make()
    await reach(connections, state)
    await expect(connections.resume(id, { by: "x" })).rejects.toMatchObject({
      code: "CONNECTION_TRANSITION_INVALID",
    })
  })
})

describe("activation asks Clever first", () => {
  test("and is refused where there is no token for the district", async () => {
    clever = {}
    const connections = make()
    await reach(connections, "approved")
    const activation = connections.activate(id, { mode: "sso", by: "ada" })
    await expect(activation).rejects.toMatchObject({ code: "CLEVER_DISTRICT_NOT_CONNECTED" })
    expect(await connections.get(id)).toMatchObject({ state: "approved" })
  })

  test("and where the token reaches another district", async () => {
    clever = { [id]: [{ id: "58a1000000000000000000bb", name: "Elsewhere" }] }
    const connections = make()
    await expect(connections.connect(id, { mode: "sso", by: "ada" })).rejects.toMatchObject({
      code: "CLEVER_DISTRICT_NOT_CONNECTED",
    })
    await expect(connections.get(id)).rejects.toMatchObject({ code: "CONNECTION_NOT_FOUND" })
    expect(told).toEqual([])
  })
})

describe("connect", () => {
  test.each(states)("makes a connection active that is %s", async (state) => {
    const connections = make()
    await reach(connections, state)
    const { steps } = await connections.get(id)
    const connected = await connections.connect(id, { mode: "sso", by: "cli" })
    expect(connected).toMatchObject({ state: "active", mode: "sso", name: "Clear Water ISD" })
    expect(connected.steps.slice(0, steps.length)).toEqual(steps)
    for (const [index, step] of connected.steps.entries()) {
      const before = connected.steps[index - 1]
      if (before !== undefined) expect(connectionTransitions[before.state]).toContain(step.state)
    }
  })

  test("does nothing twice, changes the mode, and keeps the district's name current", async () => {
    const connections = make()
    const first = await connections.connect(id, { mode: "sso", by: "cli" })
    expect(first.steps.map(({ state }) => state)).toEqual(["requested", "approved", "active"])
    expect(await connections.connect(id, { mode: "sso", by: "cli" })).toEqual(first)
    const changed = await connections.connect(id, { mode: "sso+provisioning", by: "cli" })
    expect(changed.steps).toHaveLength(4)
    expect(changed).toMatchObject({ state: "active", mode: "sso+provisioning" })
    clever = { [id]: [{ id, name: "Clearwater" }] }
    const renamed = await connections.connect(id, { mode: "sso+provisioning", by: "cli" })
    expect(renamed).toEqual({ ...changed, name: "Clearwater" })
    expect(await connections.get(id)).toEqual(renamed)
  })
})

test("onStep is told of each step in order, and can't undo one", async () => {
  await make().connect(id, { mode: "sso", by: "cli" })
  expect(told.map(({ from, step, connection }) => [from, step.state, connection.state])).toEqual([
    [null, "requested", "requested"],
    ["requested", "approved", "approved"],
    ["approved", "active", "active"],
  ])
  const failing = make(() => {
    throw new Error("the mail server is down")
  })
  expect(await failing.pause(id, { by: "ada" })).toMatchObject({ state: "paused" })
})

describe("several people and processes at once", () => {
  test("lose no step and no setting: whoever comes second begins with what the first has made", async () => {
    const connections = make()
    await connections.connect(id, { mode: "sso+provisioning", by: "cli" })
    const changes = [
      connections.pause(id, { by: "ada" }),
      connections.changeSettings(id, {
        by: "bo",
        change: (settings) => ({ ...settings, guards: { atLeast: 3 } }),
      }),
      connections.changeSettings(id, {
        by: "cy",
        change: (settings) => ({ ...settings, scope: { exclude: ["u1"] } }),
      }),
      excludeId(storage, { districtId: id, id: "u2" }),
    ]
    await Promise.all(changes)
    const { state, steps, settings } = await connections.get(id)
    expect(state).toBe("paused")
    expect(steps).toHaveLength(4)
    expect(settings.guards).toEqual({ atLeast: 3 })
    expect(settings.scope?.exclude).toContain("u1")
  })

  test("of two who decide on one request, one decides", async () => {
    const connections = make()
    await connections.request(id, { mode: "sso", by: "school" })
    const decided = await Promise.allSettled([
      connections.decline(id, { by: "ada" }),
      connections.approve(id, { by: "bo" }),
    ])
    expect(decided.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
    expect((await connections.get(id)).steps).toHaveLength(2)
  })

  test("a request that two make is one", async () => {
    const asked = await Promise.allSettled([
      make().request(id, { mode: "sso", by: "ada" }),
      make().request(id, { mode: "sso", by: "bo" }),
    ])
    expect(asked.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
    expect((await make().get(id)).steps).toHaveLength(1)
  })
})

describe("settings", () => {
  test("are replaced where they are those that were seen; who came second looks again", async () => {
    const connections = make()
    await connections.connect(id, { mode: "sso+provisioning", by: "cli" })
    const settings = { guards: { archivedShare: 0.2 }, schedule: { cron: "0 3 * * *" } }
    const set = await connections.setSettings(id, { settings, basis: {}, by: "ada" })
    expect(set.settings).toEqual(settings)
    const late = connections.setSettings(id, { settings: {}, basis: {}, by: "bo" })
    await expect(late).rejects.toMatchObject({ code: "CONNECTION_CHANGED", retryable: true })
    expect((await connections.get(id)).settings).toEqual(settings)
    const { entries } = await new AuditLog({ storage }).list({ districtId: id, limit: 1 })
    expect(entries).toEqual([
      expect.objectContaining({
        action: "settings-changed",
        by: "ada",
        details: { settings: "guards, schedule" },
      }),
    ])
  })

  test.each([
    [{ guards: { archivedShare: 7 } }, "INVALID_OPTIONS", "guards.archivedShare"],
    [{ schedule: { cron: "61 * * * *" } }, "SCHEDULE_INVALID", "schedule.cron"],
    [{ schedule: { timeZone: "Mars/Base" } }, "SCHEDULE_INVALID", "schedule.timeZone"],
    [{ schedule: { blackout: ["2026-02-30"] } }, "SCHEDULE_INVALID", "schedule.blackout"],
    [{ app: "none" }, "INVALID_OPTIONS", "app"],
  ])("of the wrong form are refused and named: %j", async (settings, code, option) => {
    const connections = make()
    await connections.connect(id, { mode: "sso+provisioning", by: "cli" })
    const set = connections.setSettings(id, { settings, basis: {}, by: "ada" })
    await expect(set).rejects.toMatchObject({ code, details: { option } })
    expect((await connections.get(id)).settings).toEqual({})
  })
})

describe("steps that others took", () => {
  test("are told to the hook and entered in the audit log once, whoever looks", async () => {
    const silent = new Connections({ storage, clever: directory, clock: () => now })
    await silent.connect(id, { mode: "sso", by: "cli" })
    expect(told).toEqual([])
    // As an undo does inside its commit.
    const known = await silent.get(id)
    const paused = {
      ...known,
      state: "paused" as const,
      steps: [
        ...known.steps,
        { state: "paused" as const, mode: "sso" as const, at: "2026-03-02T08:00:03Z", by: "ada" },
      ],
    }
    await storage.saveConnection(paused, known)
    await Promise.all([make().notice(), make().notice(), silent.notice()])
    expect(told.map(({ from, step }) => [from, step.state])).toEqual([
      [null, "requested"],
      ["requested", "approved"],
      ["approved", "active"],
      ["active", "paused"],
    ])
    await make().notice()
    expect(told).toHaveLength(4)
    const { entries } = await new AuditLog({ storage }).list({ districtId: id })
    expect(entries.map(({ action, by }) => [action, by])).toEqual([
      ["connection-paused", "ada"],
      ["connection-active", "cli"],
      ["connection-approved", "cli"],
      ["connection-requested", "cli"],
    ])
  })

  test("are noticed at once, also where somebody else is noticing older ones", async () => {
    const quiet = new Connections({ storage, clever: directory, clock: () => now })
    await quiet.request(id, { mode: "sso", by: "school" })
    const writeDocuments = storage.writeDocuments.bind(storage)
    let isOther = true
    storage.writeDocuments = async (writes) => {
      const notices = writes.filter(({ collection }) => collection === "connection-notices")
      if (notices.length > 0 && isOther) {
        isOther = false
        const value = { audited: 1, told: 1 }
        await writeDocuments([{ collection: "connection-notices", key: id, districtId: id, value }])
      }
      return writeDocuments(writes)
    }
    await make().approve(id, { by: "ada" })
    expect(told.map(({ step }) => step.state)).toEqual(["approved"])
    const { entries } = await new AuditLog({ storage }).list({ districtId: id })
    expect(entries.map(({ action }) => action)).toEqual(["connection-approved", "connection-requested"])
  })

  test("are no news after a week", async () => {
    const silent = new Connections({ storage, clever: directory, clock: () => now })
    await silent.request(id, { mode: "sso", by: "school" })
    now += 8 * 86_400_000
    await silent.approve(id, { by: "ada" })
    await make().notice()
    expect(told.map(({ step }) => step.state)).toEqual(["approved"])
  })
})

describe("several Clever apps", () => {
  let askedOf: string[]
  const app = (name: string, mode?: "sso" | "sso+provisioning"): ExchangeApp => ({
    name,
    mode,
    signupUrl: `https://clever.com/signup/${name}`,
    clever: {
      districts: (options) => {
        askedOf.push(name)
        return directory.districts(options)
      },
    },
  })
  const withApps = (...apps: ExchangeApp[]): Connections =>
    new Connections({ storage, apps, clock: () => now })
  beforeEach(() => {
    askedOf = []
  })

  test("a connection goes through the app for its mode, and changes it with the mode", async () => {
    const connections = withApps(app("sign-in", "sso"), app("rostering", "sso+provisioning"))
    const first = await connections.connect(id, { mode: "sso", by: "cli" })
    expect(first.settings.app).toBe("sign-in")
    expect(connections.appOf(first).signupUrl).toBe("https://clever.com/signup/sign-in")
    const second = await connections.activate(id, { mode: "sso+provisioning", by: "cli" })
    expect(second.settings.app).toBe("rostering")
    expect(askedOf).toEqual(["sign-in", "rostering"])
    expect(connections.apps.map(({ name }) => name)).toEqual(["sign-in", "rostering"])
  })

  test("a connection names its app, and is checked with that", async () => {
    const connections = withApps(app("one"), app("two"))
    await expect(connections.connect(id, { mode: "sso", by: "cli" })).rejects.toMatchObject({
      code: "INVALID_OPTIONS",
      message: expect.stringContaining("one, two"),
    })
    const refused = connections.request(id, { mode: "sso", app: "three", by: "cli" })
    await expect(refused).rejects.toMatchObject({ code: "INVALID_OPTIONS" })
    await connections.request(id, { mode: "sso", app: "two", by: "cli" })
    await connections.approve(id, { by: "cli" })
    expect((await connections.activate(id, { mode: "sso", by: "cli" })).settings.app).toBe("two")
    expect(askedOf).toEqual(["two"])
  })

  test("have names of their own, and there is at least one", () => {
    for (const apps of [[], [app("one"), app("one")], [app("")]]) {
      expect(() => withApps(...apps)).toThrow(expect.objectContaining({ code: "INVALID_OPTIONS" }))
    }
  })
})

test("the audit log is read page by page, newest first, erased with its district, and purged", async () => {
  await storage.open()
  const log = new AuditLog({ storage, keepDays: 10, clock: () => now })
  const other = "58a1000000000000000000bb"
  for (let index = 0; index < 7; index++) {
    now += 86_400_000
    const districtId = index % 2 === 0 ? id : other
    await log.add({ action: "import-requested", by: `user ${index}`, districtId, details: {} })
  }
  const read: string[] = []
  for (let after: string | undefined; ; ) {
    const { entries, next } = await log.list({ limit: 3, ...(after === undefined ? {} : { after }) })
    read.push(...entries.map(({ by }) => by))
    if (next === null) break
    after = next
  }
  expect(read).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `user ${index}`))
  await forgetDistrict({ storage, districtId: other, by: "cli" })
  const left = async () => (await log.list()).entries.map(({ by }) => by)
  expect(await left()).toEqual(["user 6", "user 4", "user 2", "user 0"])
  now += 6 * 86_400_000
  expect(await log.purge()).toBe(2)
  expect(await left()).toEqual(["user 6", "user 4"])
})

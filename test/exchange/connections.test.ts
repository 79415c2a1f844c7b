import { beforeEach, describe, expect, test } from "vitest"
import {
  type ConnectionState,
  type ConnectionStepEvent,
  Connections,
  connectionTransitions,
  type DistrictDirectory,
  HomeroomError,
} from "../../src/index.ts"
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
    { state: "approved", mode: "sso", at: "2026-03-02T08:00:02.000Z", by: "ada" },
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

import { describe, expect, it } from "vitest"
import type { ErrorCode } from "../../src/errors/index.ts"
import { type Fault, type FaultRule, fault } from "../../src/simulator/index.ts"
import type { Run } from "../../src/storage/contract.ts"
import { HttpWorld } from "../support/http-world.ts"
import { codeOf } from "../support/roster-world.ts"

const modes = ["bulk", "delta"] as const
const day = 24 * 3_600_000

/** An imported district in which much has changed since. */
async function changedWorld(options: Parameters<typeof HttpWorld.start>[0] = {}): Promise<HttpWorld> {
  const world = await HttpWorld.start(options)
  expect((await world.sync("bulk")).state).toBe("applied")
  expect(await world.stored()).toEqual(world.truth())
  world.simulator.nextDay({ intensity: 8 })
  world.district.unshare({
    ids: world.district
      .records("user")
      .slice(3, 9)
      .map(({ id }) => String(id)),
  })
  world.waits.length = 0
  world.simulator.requests.clear()
  return world
}

/** Whatever was asked for first, then less: the pages that a mode reads. */
const pageOf = { bulk: "/users", delta: "/events" } as const

async function expectConverged(world: HttpWorld, run: Run): Promise<void> {
  expect(run.state).toBe("applied")
  expect(await world.stored()).toEqual(world.truth())
}

async function expectFailed(world: HttpWorld, mode: "bulk" | "delta", code: ErrorCode): Promise<void> {
  const before = await world.stored()
  const head = await world.storage.getDistrict(world.district.id)
  expect(await codeOf(world.sync(mode))).toBe(code)
  expect(await world.stored()).toEqual(before)
  expect(await world.storage.getDistrict(world.district.id)).toEqual(head)
  const [run] = await world.history()
  expect(run).toMatchObject({ state: "failed", error: { code }, checkpoint: null })
  expect(await world.storage.countStaged(run?.id ?? "")).toEqual([])
  // It is over when the fault is.
  world.simulator.faults.clear()
  world.simulator.clock.advance(120_000)
  await expectConverged(world, await world.sync(mode))
}

describe("faults that pass: the import gets through them and converges", () => {
  const passing: [string, Omit<FaultRule, "match">, (waits: number[]) => void][] = [
    [
      "three 429 in a row",
      { fault: fault.rateLimited({ now: () => new Date("2026-09-02T06:00:05Z") }), times: 3 },
      (waits) => expect(waits.filter((ms) => ms >= 1_000).length).toBe(3),
    ],
    [
      "five 503",
      { fault: fault.answer({ status: 503 }), times: 5 },
      (waits) => expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]),
    ],
    [
      "a 500 on every other request",
      { fault: everyOther(fault.answer({ status: 500 })) },
      (waits) => expect(waits.length).toBeGreaterThan(1),
    ],
    ["a torn body", { fault: fault.truncate(), times: 2 }, (waits) => expect(waits.length).toBe(2)],
    [
      "a connection dropped before the answer",
      { fault: fault.cutConnection(), times: 2 },
      (waits) => expect(waits.length).toBe(2),
    ],
    [
      "a connection dropped in the middle of the body",
      { fault: fault.cutConnection({ afterBytes: "half" }), times: 2 },
      (waits) => expect(waits.length).toBe(2),
    ],
    ["bodies that drip", { fault: fault.drip({ chunkBytes: 700 }) }, (waits) => expect(waits).toEqual([])],
    [
      "an answer without its envelope, once",
      { fault: fault.missingEnvelope(), times: 1 },
      (waits) => expect(waits.length).toBe(1),
    ],
    ["records wrapped once", { fault: fault.singleWrapped() }, (waits) => expect(waits).toEqual([])],
    [
      "links instead of addresses at each record",
      { fault: fault.linksOnItems() },
      (waits) => expect(waits).toEqual([]),
    ],
    [
      "pages shorter than asked for",
      { fault: fault.ignoreLimit({ limit: 7 }) },
      (waits) => expect(waits).toEqual([]),
    ],
  ]
  describe.each(modes)("%s", (mode) => {
    it.each(passing)("S7 S8 %s", async (_, rule, check) => {
      const world = await changedWorld()
      const handle = world.simulator.faults.add({
        ...rule,
        match: pageOf[mode],
        after: mode === "bulk" ? 1 : 0,
      })
      const run = await world.sync(mode)
      expect(handle.hits).toBeGreaterThan(0)
      expect(run).toMatchObject({ mode, resumed: 0 })
      check(world.waits)
      await expectConverged(world, run)
    })
  })

  it.each(modes)("S30 every request of a %s run is counted, retries included", async (mode) => {
    const world = await changedWorld()
    world.simulator.faults.add({ fault: fault.answer({ status: 503 }), match: pageOf[mode], times: 2 })
    const run = await world.sync(mode)
    expect(run.requests).toBe(world.simulator.requests.total)
  })

  it("S6 a page that is too much for Clever is asked for in halves, and the listing goes on in its place", async () => {
    const world = await changedWorld()
    world.simulator.faults.add({
      fault: fault.answer({ status: 413 }),
      match: (request) =>
        request.path.includes("/users") && Number(request.url.searchParams.get("limit")) > 10,
    })
    await expectConverged(world, await world.sync("bulk"))
    expect(world.simulator.requests.count({ path: /users.*limit=10/ })).toBeGreaterThan(2)
  })

  it.each(modes)("S7 a token revoked half-way through a %s run is fetched anew", async (mode) => {
    const world = await changedWorld()
    world.simulator.faults.add({
      fault: fault.around({ before: () => world.district.rotateToken() }),
      match: pageOf[mode],
      after: mode === "bulk" ? 2 : 0,
      times: 1,
    })
    const run = await world.sync(mode)
    await expectConverged(world, run)
    expect(world.simulator.requests.count({ status: 401 })).toBeGreaterThanOrEqual(1)
    expect(world.simulator.requests.count({ path: "/oauth/tokens" })).toBe(1)
  })

  it("S6 a page in descending order is listed all the same", async () => {
    const world = await changedWorld()
    const handle = world.simulator.faults.add({
      fault: fault.unsortedPage(),
      match: "/users",
      after: 1,
      times: 1,
    })
    await expectConverged(world, await world.sync("bulk"))
    expect(handle.hits).toBe(1)
  })
})

/** Hits the first request, passes the second, and so on. */
function everyOther(inner: Fault): Fault {
  let count = 0
  return (exchange) => (count++ % 2 === 0 ? inner(exchange) : exchange.next())
}

describe("faults that stay: the import fails with its code and nothing has changed", () => {
  const staying: [ErrorCode, string, Fault][] = [
    [
      "CLEVER_RATE_LIMITED",
      "a storm of 429",
      fault.rateLimited({ now: () => new Date("2026-09-02T06:00:05Z") }),
    ],
    ["CLEVER_UNAVAILABLE", "503 for ever", fault.answer({ status: 503 })],
    ["CLEVER_UNAVAILABLE", "500 with a web page", fault.html({ status: 500 })],
    ["CLEVER_REQUEST_REFUSED", "501", fault.answer({ status: 501 })],
    ["CLEVER_BODY_INVALID", "a body torn every time", fault.truncate()],
    ["CLEVER_BODY_INVALID", "an answer without its envelope every time", fault.missingEnvelope()],
    ["CLEVER_UNREACHABLE", "a connection dropped every time", fault.cutConnection()],
    ["CLEVER_UNREACHABLE", "a connection dropped in every body", fault.cutConnection({ afterBytes: 40 })],
    ["CLEVER_LINK_FOREIGN", "a redirect", fault.redirect({ to: "http://elsewhere.example/" })],
  ]
  describe.each(modes)("%s", (mode) => {
    it.each(staying)("S7 S10 %s: %s", async (code, _, fault_) => {
      const world = await changedWorld()
      world.simulator.faults.add({ fault: fault_, match: pageOf[mode], after: mode === "bulk" ? 1 : 0 })
      await expectFailed(world, mode, code)
    })

    it("S7 S10 CLEVER_DISTRICT_NOT_CONNECTED: the district disconnects half-way", async () => {
      const world = await changedWorld()
      world.simulator.faults.add({
        fault: fault.around({ before: () => world.district.disconnect() }),
        match: pageOf[mode],
        times: 1,
      })
      const before = await world.stored()
      expect(await codeOf(world.sync(mode))).toBe("CLEVER_DISTRICT_NOT_CONNECTED")
      expect(await world.stored()).toEqual(before)
      world.district.connect()
      await expectConverged(world, await world.sync(mode))
    })

    it("S7 S10 CLEVER_TOKEN_REJECTED: the token is refused, and so is a fresh one", async () => {
      const world = await changedWorld()
      world.simulator.faults.add({
        fault: fault.answer({ status: 401 }),
        match: pageOf[mode],
        after: mode === "bulk" ? 2 : 0,
      })
      await expectFailed(world, mode, "CLEVER_TOKEN_REJECTED")
      expect(world.simulator.requests.count({ status: 401 })).toBe(2)
    })
  })

  it.each([
    ["CLEVER_BODY_INVALID", "a web page with status 200", fault.html()],
    ["CLEVER_NOT_FOUND", "404", fault.answer({ status: 404 })],
    ["CLEVER_LINK_FOREIGN", "a link that leads to another host", fault.foreignNext()],
    ["CLEVER_PAGES_LOOP", "a page whose link leads to itself", fault.repeatPage()],
  ] as const)("S6 S10 %s in a listing: %s", async (code, _, fault_) => {
    const world = await changedWorld()
    world.simulator.faults.add({ fault: fault_, match: "/users", after: 1, times: 1 })
    await expectFailed(world, "bulk", code)
  })

  it("S10 a slow drip that falls silent is cut off, tried again, and at last given up", async () => {
    const world = await changedWorld({ stallTimeoutMs: 30, maxRetries: 1 })
    world.simulator.faults.add({ fault: fault.hang(), match: "/users", after: 1 })
    await expectFailed(world, "bulk", "CLEVER_UNREACHABLE")
  })

  it("S10 a listing page that is bigger than allowed", async () => {
    const world = await changedWorld({ maxBodyBytes: 300_000 })
    world.simulator.faults.add({ fault: fault.oversize({ bytes: 300_001 }), match: "/sections" })
    await expectFailed(world, "bulk", "CLEVER_BODY_TOO_LARGE")
  })
})

describe("what is no fault, but looks like one", () => {
  it.each(modes)(
    "S12 everything unshared: lists are empty with status 200, and all is archived (%s)",
    async (mode) => {
      const world = await HttpWorld.start()
      await world.sync("bulk")
      const before = world.truth()
      world.district.unshare({ everything: true })
      const gone = await world.sync(mode)
      await expectConverged(world, gone)
      const states = [...(await world.stored())]
        .filter(([key]) => !key.startsWith("district"))
        .map(([, { state }]) => state)
      expect(new Set(states)).toEqual(new Set(["archived"]))
      world.district.reshare({ everything: true })
      await expectConverged(world, await world.sync(mode))
      expect(await world.stored()).toEqual(before)
    },
  )

  it("S12 without events, too: the listing alone tells what is gone, at the end of the ids as well", async () => {
    const world = await HttpWorld.start()
    world.district.disableEvents({ mode: "forbidden" })
    await world.sync("bulk")
    world.truth()
    const users = world.district.records("user").map(({ id }) => String(id))
    world.district.unshare({ ids: users.slice(-45) })
    const run = await world.sync("bulk")
    expect(run.counts.user.archived).toBe(45)
    await expectConverged(world, run)
    world.district.unshare({ everything: true })
    await expectConverged(world, await world.sync("bulk"))
  })

  it("S12 the last page vanishes while it is being asked for: what was on it is archived", async () => {
    const world = await HttpWorld.start()
    world.district.disableEvents({ mode: "forbidden" })
    await world.sync("bulk")
    world.truth()
    const users = world.district.records("user").map(({ id }) => String(id))
    const last = Math.ceil(users.length / 20) - 1
    world.simulator.faults.add({
      fault: fault.around({ before: () => world.district.unshare({ ids: users.slice(last * 20) }) }),
      match: "/users",
      after: last,
      times: 1,
    })
    const run = await world.sync("bulk")
    expect(run.counts.user.archived).toBe(users.length - last * 20)
    await expectConverged(world, run)
  })

  it("S5 a cursor that expired is answered with 200 and a gap: its age gives it away", async () => {
    const world = await changedWorld()
    world.simulator.clock.advance(20 * day)
    world.simulator.nextDay({ intensity: 4 })
    world.simulator.clock.advance(14 * day)
    world.district.edit("school", String(world.district.records("school")[0]?.id), {
      name: "Still in the feed",
    })
    const run = await world.sync("delta")
    expect(run).toMatchObject({ mode: "bulk", fallback: "cursor-expired" })
    await expectConverged(world, run)
    expect((await world.sync("delta")).mode).toBe("delta")
  })

  it.each([400, 404, 410])("S5 a cursor that Clever refuses with %i", async (status) => {
    const world = await changedWorld()
    world.simulator.faults.add({ fault: fault.rejectCursor({ status }), match: "/events", times: 1 })
    const run = await world.sync("delta")
    expect(run).toMatchObject({ mode: "bulk", fallback: "cursor-rejected" })
    await expectConverged(world, run)
  })

  it.each(["empty", "not-found", "forbidden"] as const)("S2 events that are %s", async (mode) => {
    const world = await changedWorld()
    world.district.disableEvents({ mode })
    world.simulator.nextDay({ intensity: 4 })
    const run = await world.sync("delta")
    // An empty feed is not refused: nothing tells that something is missing but the next bulk run.
    if (mode === "empty") expect(run).toMatchObject({ mode: "delta", fallback: null })
    else expect(run).toMatchObject({ mode: "bulk", fallback: "events-unavailable" })
    await expectConverged(world, mode === "empty" ? await world.sync("bulk") : run)
  })

  it("S1 records edited, deleted and made while they are listed", async () => {
    const world = await HttpWorld.start()
    await world.sync("bulk")
    world.truth()
    let edits = 0
    world.simulator.faults.add({
      fault: fault.around({
        before: () => {
          const users = world.district.records("user")
          world.district.edit("user", String(users[0]?.id), { email: `edited-${edits}@d.example` })
          world.district.edit("user", String(users.at(-1)?.id), { email: `later-${edits}@d.example` })
          world.district.remove("user", String(users[edits % users.length]?.id))
          world.district.add("user", { roles: { student: {} } })
          edits++
          world.truth()
        },
      }),
      match: /\/(users|sections)\?/,
    })
    const run = await world.sync("bulk")
    expect(edits).toBeGreaterThan(4)
    await expectConverged(world, run)
  })

  it.each(["no-id", "wrong-district", "wrong-type", "not-an-object"] as const)(
    "S9 a record with %s is rejected, keeps what is stored, and stops nothing",
    async (damage) => {
      const world = await HttpWorld.start()
      await world.sync("bulk")
      const before = await world.stored()
      world.simulator.faults.add({
        fault: fault.damageRecords({ damage, which: [4] }),
        match: "/users",
        after: 2,
        times: 1,
      })
      const run = await world.sync("bulk")
      expect(run).toMatchObject({ state: "unchanged", counts: { user: { rejected: 1, archived: 0 } } })
      expect(await world.stored()).toEqual(before)
    },
  )

  it("S25 aborted while Clever does not answer: it stops at once, keeps its pages, and resumes", async () => {
    const world = await changedWorld()
    const abort = new AbortController()
    world.simulator.faults.add({ fault: fault.hang(), match: "/users", after: 3 })
    world.simulator.faults.add({
      fault: fault.around({ before: () => abort.abort() }),
      match: "/users",
      after: 3,
      times: 1,
    })
    const stopped = await world.sync("bulk", { signal: abort.signal })
    expect(stopped.state).toBe("interrupted")
    world.simulator.faults.clear()
    world.simulator.requests.clear()
    const run = await world.sync("bulk")
    expect(run).toMatchObject({ id: stopped.id, resumed: 1 })
    await expectConverged(world, run)
    expect(world.simulator.requests.count({ path: "/schools" })).toBe(0)
  })
})

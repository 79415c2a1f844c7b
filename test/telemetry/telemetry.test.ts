import { describe, expect, test } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { fault } from "../../src/simulator/index.ts"
import { HttpWorld } from "../support/http-world.ts"
import { Observed } from "../support/observed.ts"
import { codeOf, RosterWorld } from "../support/roster-world.ts"
import { TargetWorld } from "../support/target-world.ts"

const failed = 2

describe("a run", () => {
  test("is one span with its mode, state and counts, and an event for each stage", async () => {
    const observed = new Observed()
    const world = new RosterWorld({ roster: { onEvent: observed.onEvent } })
    const run = await world.delta()
    const [span, ...others] = observed.spans()
    expect(others).toEqual([])
    expect(span).toMatchObject({
      name: "homeroom.run",
      attributes: {
        "homeroom.district.id": world.districtId,
        "homeroom.run.id": run.id,
        "homeroom.run.mode": "bulk",
        "homeroom.run.requested_mode": "delta",
        "homeroom.run.fallback": "no-cursor",
        "homeroom.run.state": "applied",
        "homeroom.run.purpose": "import",
        "homeroom.records.created": Object.values(run.counts).reduce((sum, { created }) => sum + created, 0),
        "homeroom.records.archived": 0,
      },
      status: { code: 0 },
    })
    const stages = span?.events.map(({ name }) => name)
    expect(stages).toContain("listing user")
    expect(stages?.slice(-2)).toEqual(["planning", "applying"])
  })

  test("that fails ends its span with its code, and is counted under it", async () => {
    const observed = new Observed()
    const world = new RosterWorld({ roster: { onEvent: observed.onEvent } })
    world.source.beforeRequest = () => {
      throw new HomeroomError("CLEVER_UNAVAILABLE")
    }
    expect(await codeOf(world.bulk())).toBe("CLEVER_UNAVAILABLE")
    expect(observed.spans()).toMatchObject([
      {
        attributes: { "homeroom.run.state": "failed", "error.type": "CLEVER_UNAVAILABLE" },
        status: { code: failed, message: "CLEVER_UNAVAILABLE" },
      },
    ])
    expect(await observed.metric("homeroom.runs")).toEqual({
      "mode=bulk purpose=import state=failed error.type=CLEVER_UNAVAILABLE": 1,
    })
    expect(observed.lines().filter(({ level }) => level === 50)).toMatchObject([
      {
        event: "run-ended",
        msg: "Run failed",
        errorCode: "CLEVER_UNAVAILABLE",
        districtId: world.districtId,
      },
    ])
  })

  test("S21 whose lease another process takes over is counted as lost", async () => {
    const observed = new Observed()
    const world = new RosterWorld({ roster: { onEvent: observed.onEvent } })
    const { districtId, plain } = world
    let taken: Promise<unknown> | undefined
    world.source.beforeRequest = () => {
      if (taken !== undefined) return
      world.clock.advance(30_000)
      taken = plain.acquireLease({ districtId, holder: "another", ttlMs: 20_000 })
    }
    expect(await codeOf(world.bulk())).toBe("LEASE_LOST")
    expect(await observed.metric("homeroom.lease.losses")).toEqual({ "": 1 })
    expect(await observed.metric("homeroom.runs")).toEqual({})
    expect(observed.spans()).toMatchObject([
      { attributes: { "homeroom.run.state": "lost" }, status: { code: failed, message: "LEASE_LOST" } },
    ])
  })

  test("that a guard holds is counted by what the guard found", async () => {
    const observed = new Observed()
    const world = new RosterWorld({ roster: { onEvent: observed.onEvent } })
    await world.bulk()
    world.district.unshare({ ids: world.ids("user").slice(0, 30) })
    const held = await world.another({ guards: {} }).sync({ districtId: world.districtId, mode: "bulk" })
    expect(held.state).toBe("held")
    const holds = await observed.metric("homeroom.holds")
    expect(holds["code=archived-ratio kind=user"]).toBeGreaterThanOrEqual(1)
    expect(observed.lines().find(({ msg }) => msg === "Run held")).toMatchObject({
      level: 40,
      holds: expect.arrayContaining(["archived-ratio:user"]),
    })
  })

  test("counts records by kind and action, undos and approved plans included", async () => {
    const observed = new Observed()
    const world = new RosterWorld({ roster: { onEvent: observed.onEvent } })
    const plan = await world.roster.plan({ districtId: world.districtId, mode: "bulk" })
    const run = await world.roster.apply(plan.id, { approve: plan.hash })
    await world.roster.undo(run.id, { by: "somebody" })
    const users = run.counts.user.created
    expect(await observed.metric("homeroom.records")).toMatchObject({
      "kind=user action=created": users,
      "kind=user action=archived": users,
    })
    expect(await observed.metric("homeroom.runs")).toMatchObject({
      "mode=bulk purpose=plan state=planned": 1,
      "mode=bulk purpose=plan state=applied": 1,
      "mode=undo purpose=import state=applied": 1,
    })
  })

  test("is not disturbed by a listener that throws", async () => {
    const world = new RosterWorld({
      roster: {
        onEvent: () => {
          throw new Error("the listener's own")
        },
      },
    })
    expect((await world.bulk()).state).toBe("applied")
  })
})

test("S23 what targets take and refuse is counted by target", async () => {
  const observed = new Observed()
  const world = new TargetWorld({ delivery: { onEvent: observed.onEvent } })
  await world.bulk()
  await world.connect()
  const report = await world.deliver()
  const changes = await observed.metric("homeroom.delivery.changes")
  const sum = Object.values(changes).reduce((total: number, value) => total + Number(value), 0)
  expect(sum).toBe(report.delivered.create)
  expect(observed.lines().at(-1)).toMatchObject({ event: "snapshot-delivered", level: 30 })
})

test("S7 requests to Clever are counted by status, and waits by their reason", async () => {
  const observed = new Observed()
  const world = await HttpWorld.start({ onEvent: observed.onEvent })
  world.simulator.faults.add({ match: "/users", fault: fault.rateLimited(), times: 1 })
  await world.sync("bulk")
  const requests = await observed.metric("homeroom.clever.requests")
  expect(requests["status=429"]).toBe(1)
  // A page that was asked for ahead and given up is no attempt that ended.
  expect(requests["status=200"]).toBeGreaterThan(8)
  expect(requests["status=200"]).toBeLessThanOrEqual(world.simulator.requests.count({ status: 200 }))
  const delay = await observed.metric("homeroom.clever.delay")
  expect(delay["reason=refused"]).toBe((world.waits[0] ?? 0) / 1_000)
})

test("measurements are gauges of what was measured last", async () => {
  const observed = new Observed()
  observed.onEvent({ type: "queue-measured", waiting: 5, running: 2, oldestWaitMs: 90_000 })
  observed.onEvent({ type: "queue-measured", waiting: 3, running: 1, oldestWaitMs: 1_500 })
  expect(await observed.metric("homeroom.queue.jobs")).toEqual({ "state=waiting": 3, "state=running": 1 })
  expect(await observed.metric("homeroom.queue.age")).toEqual({ "": 1.5 })
  observed.onEvent({ type: "connections-measured", byState: { active: 4, paused: 1 }, quarantined: 2 })
  observed.onEvent({ type: "connections-measured", byState: { active: 5 }, quarantined: 0 })
  expect(await observed.metric("homeroom.connections")).toEqual({ "state=active": 5, "state=paused": 0 })
  expect(await observed.metric("homeroom.connections.quarantined")).toEqual({ "": 0 })
  const lag = { districtsBehind: 1, commits: 2, changes: 30, ageMs: 4_000, stuck: 1, blocked: 6 }
  observed.onEvent({ type: "target-measured", target: "app", ...lag })
  expect(await observed.metric("homeroom.delivery.lag.age")).toEqual({ "target=app": 4 })
  expect(await observed.metric("homeroom.delivery.letters")).toEqual({
    "target=app state=stuck": 1,
    "target=app state=blocked": 6,
  })
})

test("logins are counted by step and code", async () => {
  const observed = new Observed()
  const at = "2026-09-01T06:00:00.000Z"
  observed.onEvent({ type: "login-succeeded", at, cleverId: "5a0c91b95c7cc000010d417c" })
  observed.onEvent({ type: "login-failed", at, code: "LOGIN_NOT_SYNCED" })
  expect(await observed.metric("homeroom.logins")).toEqual({
    "step=login-succeeded": 1,
    "step=login-failed error.type=LOGIN_NOT_SYNCED": 1,
  })
})

test("nothing that comes out names a person or holds a token", async () => {
  const observed = new Observed()
  const { onEvent } = observed
  const world = await HttpWorld.start({ onEvent }, { onEvent })
  const { simulator, district } = world
  await world.sync("bulk")
  const output = await observed.everything()
  expect(output).toContain(district.id)
  const secrets = [simulator.clientSecret, simulator.clientId, String(district.token)]
  const people = district.records("user").flatMap((user) => {
    const { name, email } = user as { name?: { first?: string; last?: string }; email?: string }
    return [email, name?.last !== undefined && `${name.first} ${name.last}`].filter((text) => Boolean(text))
  })
  expect(people.length).toBeGreaterThan(50)
  for (const text of [...secrets, ...people]) expect(output).not.toContain(text)
})

test("texts that look like a token or an e-mail address are left out of the log, and nothing forges a line", () => {
  const observed = new Observed()
  const districtId = "5a0c91b95c7cc000010d417c"
  observed.onEvent({
    type: "batch-failed",
    target: "app",
    districtId,
    kind: "user",
    action: "create",
    changes: 1,
    durationMs: 3,
    code: "Bearer abcdef.123\nfor pupil@example.org",
  })
  expect(observed.lines()).toMatchObject([{ code: "[redacted]?for [redacted]", districtId }])
})

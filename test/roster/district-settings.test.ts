import { describe, expect, it } from "vitest"
import { kinds } from "../../src/models/kinds.ts"
import { checkSettings, districtSettings } from "../../src/roster/district-settings.ts"
import { RosterSync } from "../../src/roster/index.ts"
import type { Connection, ConnectionSettings } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { codeOf, RosterWorld } from "../support/roster-world.ts"

const districtId = "d".repeat(24)

function connectionWith(settings: unknown, id = districtId): Connection {
  const own = settings as ConnectionSettings
  return { districtId: id, name: "", mode: "sso+provisioning", state: "active", steps: [], settings: own }
}

async function settingsOf(defaults: ConnectionSettings, own: unknown) {
  const storage = new MemoryStorage()
  await storage.open()
  await storage.saveConnection(connectionWith(own))
  return districtSettings(storage, districtId, defaults)
}

describe("settings of a district (S15, S18, S19)", () => {
  it("S15 a connection's guards go before those for all districts, field by field and kind by kind", async () => {
    const { guards, connection } = await settingsOf(
      {
        guards: {
          archivedShare: 0.2,
          updatedShare: 0.5,
          onHold: "risky-only",
          kinds: { user: { archivedShare: 0.3, atLeast: 5 }, term: { mayEmpty: true } },
          rollover: { from: "2026-07-01", to: "2026-08-31", archivedShare: 0.9 },
        },
      },
      {
        guards: {
          archivedShare: 0.4,
          updatedShare: undefined,
          kinds: { user: { atLeast: 50 }, section: { mayEmpty: true } },
          rollover: { from: "2026-06-01", to: "2026-06-30" },
        },
      },
    )
    expect(guards).toEqual({
      archivedShare: 0.4,
      updatedShare: 0.5,
      onHold: "risky-only",
      kinds: {
        user: { archivedShare: 0.3, atLeast: 50 },
        term: { mayEmpty: true },
        section: { mayEmpty: true },
      },
      rollover: { from: "2026-06-01", to: "2026-06-30" },
    })
    expect(connection?.districtId).toBe(districtId)
  })

  it("S18 ids that a connection leaves out are added to what goes for all districts, and widen nothing", async () => {
    const defaults: ConnectionSettings = { scope: { roles: ["teacher"], exclude: ["a", "b"] } }
    expect((await settingsOf(defaults, { scope: { exclude: ["b", "c"] } })).scope).toEqual({
      roles: ["teacher"],
      exclude: ["a", "b", "c"],
    })
    const whole = { kinds: [...kinds], exclude: ["c"] }
    expect((await settingsOf(defaults, { scope: whole })).scope).toEqual(whole)
    expect((await settingsOf(defaults, { scope: {} })).scope).toEqual({})
    expect((await settingsOf({}, { scope: { exclude: ["c"] } })).scope).toEqual({ exclude: ["c"] })
  })

  it("S18 S19 scope and ownership go as a whole", async () => {
    const defaults: ConnectionSettings = {
      scope: { kinds: ["user"], exclude: ["a"] },
      ownership: { user: { email: "app", "name.first": "sticky" } },
    }
    expect(await settingsOf(defaults, {})).toMatchObject(defaults)
    const own: ConnectionSettings = { scope: { schools: ["s"] }, ownership: { user: { email: "sticky" } } }
    const { scope, ownership } = await settingsOf(defaults, own)
    expect({ scope, ownership }).toEqual(own)
  })

  it("a district without a connection has the settings for all districts", async () => {
    const storage = new MemoryStorage()
    await storage.open()
    const defaults: ConnectionSettings = { guards: { atLeast: 3 } }
    expect(await districtSettings(storage, districtId, defaults)).toEqual({
      connection: undefined,
      guards: { atLeast: 3, kinds: {} },
      scope: undefined,
      ownership: undefined,
    })
  })

  it.each([
    ["guards.archivedShare", { guards: { archivedShare: 1.1 } }],
    ["guards.updatedShare", { guards: { updatedShare: "0.5" } }],
    ["guards.rejectedShare", { guards: { rejectedShare: -0.1 } }],
    ["guards.atLeast", { guards: { atLeast: 2.5 } }],
    ["guards.mayEmpty", { guards: { mayEmpty: "yes" } }],
    ["guards.onHold", { guards: { onHold: "nothing" } }],
    ["guards.archiveShare", { guards: { archiveShare: 0.5 } }],
    ["guards.kinds.user.archivedShare", { guards: { kinds: { user: { archivedShare: 2 } } } }],
    ["guards.kinds.pupil", { guards: { kinds: { pupil: {} } } }],
    ["guards.rollover.from", { guards: { rollover: { from: "July 1st", to: "2026-08-31" } } }],
    ["guards.rollover.to", { guards: { rollover: { from: "2026-08-31", to: "2026-07-01" } } }],
    ["guards.rollover.to", { guards: { rollover: { from: "2026-08-31" } } }],
    ["scope.kinds.1", { scope: { kinds: ["user", "pupil"] } }],
    ["scope.roles.0", { scope: { roles: ["parent"] } }],
    ["scope.schools.0", { scope: { schools: [""] } }],
    ["scope.fields.student.0", { scope: { fields: { student: [7] } } }],
    ["scope.field", { scope: { field: {} } }],
    ["ownership.user.email", { ownership: { user: { email: "mine" } } }],
    ["guard", { guard: {} }],
  ])("INVALID_OPTIONS names %s, as an option and in a connection", async (option, settings) => {
    const invalid = expect.objectContaining({
      code: "INVALID_OPTIONS",
      message: expect.stringContaining(`The setting ${option} can't be used`),
      details: expect.objectContaining({ option }),
    })
    await expect(checkSettings(settings as ConnectionSettings)).rejects.toEqual(invalid)
    await expect(settingsOf({}, settings)).rejects.toEqual(invalid)
    await expect(settingsOf({}, settings)).rejects.toMatchObject({ details: { districtId } })
  })

  it("INVALID_OPTIONS says nothing of the values", async () => {
    await expect(
      checkSettings({ guards: { onHold: "secret" }, scope: { kinds: ["secret"] } } as never),
    ).rejects.toEqual(expect.objectContaining({ message: expect.not.stringContaining("secret") }))
  })

  it("options of the wrong form are refused by the first call", async () => {
    const { source: clever, plain: storage, districtId } = new RosterWorld()
    const roster = new RosterSync({ clever, storage, guards: { archivedShare: 10 } })
    expect(await codeOf(roster.sync({ districtId, mode: "bulk" }))).toBe("INVALID_OPTIONS")
    expect(await codeOf(roster.run("any"))).toBe("INVALID_OPTIONS")
  })

  it("a run under a connection with bad settings is refused before it begins", async () => {
    const world = new RosterWorld()
    await world.plain.open()
    await world.plain.saveConnection(connectionWith({ guards: { archivedShare: 7 } }, world.districtId))
    expect(await codeOf(world.bulk())).toBe("INVALID_OPTIONS")
    expect(await world.history()).toEqual([])
    expect(world.source.asked).toEqual([])
    // Once they are put right it works.
    await world.plain.saveConnection(connectionWith({}, world.districtId))
    expect((await world.bulk()).state).toBe("applied")
  })

  it("S15 a run goes by its connection's settings before those for all districts", async () => {
    const world = new RosterWorld({ roster: { guards: { rejectedShare: 0 } } })
    await world.bulk()
    world.district.edit("user", world.ids("user")[0] as string, { email: 3 as never })
    expect((await world.bulk()).state).toBe("held")
    const own: ConnectionSettings = { guards: { rejectedShare: 1 } }
    await world.plain.saveConnection(connectionWith(own, world.districtId))
    const run = await world.bulk()
    expect(run.state).not.toBe("held")
    expect(run.counts.user.rejected).toBe(1)
  })
})

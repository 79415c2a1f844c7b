import assert from "node:assert/strict"
import type { FallbackReason, RosterStorage, Run, RunState } from "../storage/contract.ts"
import { all, inPages, same } from "./checks.ts"
import { away, home, makeCounts, makeCursor, makeRun, takeLease } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const states: readonly RunState[] = [
  "queued",
  "fetching",
  "interrupted",
  "planned",
  "held",
  "approved",
  "applying",
  "applied",
  "unchanged",
  "discarded",
  "expired",
  "failed",
  "cancelled",
]

const fallbacks: readonly (FallbackReason | null)[] = [
  null,
  "no-cursor",
  "cursor-expired",
  "cursor-rejected",
  "api-version-changed",
  "events-unavailable",
  "event-unreadable",
  "events-flood",
]

/** A run in which no field has its value by default. */
function fullRun(): Run {
  return makeRun({
    id: "0198b1e2-run",
    requestedMode: "delta",
    fallback: "events-flood",
    state: "held",
    finishedAt: "2026-08-17T07:00:00.123Z",
    startedBy: "Zoë “operator” 🏫\u2028",
    counts: makeCounts(1),
    purpose: "plan",
    plan: {
      hash: "0f".repeat(32),
      actions: ["create", "archive"],
      cursor: makeCursor("event-3"),
      expiresAt: "2026-08-20T06:00:00.000Z",
    },
    approval: {
      hash: "0f".repeat(32),
      by: "ada",
      why: "École closes — “really”",
      at: "2026-08-18T06:00:00.000Z",
    },
    undoes: "0198b1e2-other",
    version: 42,
    archivedBySchool: { user: { "school-1": 2, constructor: 1 }, section: {} },
    holds: [
      { code: "rejected-ratio", kind: "user", schoolId: "school-1", measured: 0.0625, limit: 0.05 },
      { code: "district-state", kind: null, schoolId: null, measured: "paused", limit: "running" },
    ],
    cursor: { eventId: "event-9", at: "2026-08-17T05:59:59.999Z", apiVersion: "v3.0" },
    requests: 2_001,
    records: 3_000_000,
    durationMs: 86_400_001,
    resumed: 3,
    skippedEvents: 4,
    decision: { by: "Zoë “operator”", why: "not “today”\u2028", at: "2026-08-17T07:00:00.000Z" },
    splitFrom: "0198b1e2-other",
    error: { code: "CLEVER_UNAVAILABLE", message: "Line one\nline “two”", retryable: true },
    fence: 42,
    basis: 41,
    checkpoint: {
      at: "2026-08-17T06:30:00.000Z",
      stage: "replaying",
      apiVersion: "v3.1",
      cursor: makeCursor("event-1"),
      kind: "section",
      next: "/v3.1/sections?limit=1000&starting_after=abc",
      lastId: "zz-9",
      ordered: false,
      gap: true,
      pages: 12,
      seen: { user: 7, section: 0 },
    },
  })
}

export function runsChapter({ describe, it }: Suite): void {
  describe("runs", () => {
    it("knows none of a new store", async ({ storage }) => {
      assert.equal(await storage.getRun("run-1"), undefined)
      same(await storage.listRuns({ limit: all }), [])
    })

    it("returns every field of a run as it was saved", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.saveRun(lease, fullRun())
      same(await storage.getRun(fullRun().id), fullRun())
      same(await storage.listRuns({ limit: all }), [fullRun()])
    })

    it("returns a run whose fields are empty as it was saved", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.saveRun(lease, makeRun())
      same(await storage.getRun("run-1"), makeRun())
    })

    it("keeps every state, mode and reason to fall back", async ({ storage }) => {
      const lease = await takeLease(storage)
      const saved = [...states.keys()].map((index) =>
        makeRun({
          id: `run-${index}`,
          state: states[index] ?? "queued",
          fallback: fallbacks[index % fallbacks.length] ?? null,
          mode: index % 2 === 0 ? "bulk" : "delta",
          requestedMode: index % 3 === 0 ? "bulk" : "delta",
        }),
      )
      for (const run of saved) await storage.saveRun(lease, run)
      for (const run of saved) same(await storage.getRun(run.id), run)
    })

    it("replaces a run, and what became null is null", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.saveRun(lease, fullRun())
      const next = makeRun({ id: fullRun().id })
      await storage.saveRun(lease, next)
      same(await storage.getRun(next.id), next)
      same(await storage.listRuns({ limit: all }), [next])
    })

    it("keeps what is saved apart from the objects given and returned", async ({ storage }) => {
      const lease = await takeLease(storage)
      const given = fullRun()
      await storage.saveRun(lease, given)
      given.holds.length = 0
      if (given.checkpoint !== null) given.checkpoint.pages = 99
      const returned = await storage.getRun(given.id)
      assert.ok(returned)
      returned.state = "failed"
      returned.counts.user.created = 99
      for (const run of await storage.listRuns({ limit: all })) run.cursor = null
      same(await storage.getRun(given.id), fullRun())
    })

    it("lists runs newest first, by beginning and then by id, both descending", async ({ storage }) => {
      const runs = await saveHistory(storage)
      const listed = await storage.listRuns({ limit: all })
      same(
        listed.map((run) => run.id),
        runs.map((run) => run.id),
      )
    })

    it("pages through runs one by one, of all districts or of one", async ({ storage }) => {
      const runs = await saveHistory(storage)
      for (const districtId of [undefined, home, away, "unknown"]) {
        const listed = await inPages<Run>(1, (before) => storage.listRuns({ districtId, before, limit: 1 }))
        const expected = runs.filter((run) => districtId === undefined || run.districtId === districtId)
        same(
          listed.map((run) => run.id),
          expected.map((run) => run.id),
        )
      }
    })

    it("lists the runs in some states, of all districts or of one", async ({ storage }) => {
      const lease = await takeLease(storage)
      const other = await takeLease(storage, away)
      const saved: Run[] = []
      for (const [index, state] of [...states, ...states].entries()) {
        const startedAt = `2026-08-17T06:00:${String(10 + (index % 7))}.000Z`
        const districtId = index % 3 === 0 ? away : home
        const run = makeRun({ id: `run-${index}`, districtId, state, startedAt })
        await storage.saveRun(districtId === away ? other : lease, run)
        saved.unshift(run)
      }
      const listed = await storage.listRuns({ limit: all })
      for (const districtId of [undefined, home, away, "unknown"]) {
        for (const wanted of [["held"], ["planned", "held", "approved"], ["queued", "applied"], []]) {
          const ids = listed
            .filter((run) => districtId === undefined || run.districtId === districtId)
            .filter((run) => wanted.includes(run.state))
            .map((run) => run.id)
          const query = { districtId, states: wanted as RunState[] }
          const paged = await inPages<Run>(2, (before) => storage.listRuns({ ...query, before, limit: 2 }))
          same(
            paged.map((run) => run.id),
            ids,
          )
        }
      }
      // A run that left its state is no longer listed there.
      const held = saved.find(({ state, districtId }) => state === "held" && districtId === home)
      assert.ok(held)
      await storage.saveRun(lease, { ...held, state: "approved" })
      const stillHeld = await storage.listRuns({ districtId: home, states: ["held"], limit: all })
      assert.ok(stillHeld.every(({ id }) => id !== held.id))
    })

    it("goes on after a run that is not stored", async ({ storage }) => {
      await saveHistory(storage)
      const before = { startedAt: "2026-08-17T06:00:00.000Z", id: "bb" }
      const listed = await storage.listRuns({ districtId: home, before, limit: 2 })
      same(
        listed.map((run) => run.id),
        ["b", "_"],
      )
    })

    it("moves a run in the list when its beginning changes", async ({ storage }) => {
      const lease = await takeLease(storage)
      await storage.saveRun(lease, makeRun({ id: "a", startedAt: "2026-08-17T06:00:00.000Z" }))
      await storage.saveRun(lease, makeRun({ id: "b", startedAt: "2026-08-17T07:00:00.000Z" }))
      await storage.listRuns({ limit: all })
      await storage.saveRun(lease, makeRun({ id: "a", startedAt: "2026-08-17T08:00:00.000Z" }))
      const listed = await storage.listRuns({ limit: all })
      same(
        listed.map((run) => run.id),
        ["a", "b"],
      )
    })
  })
}

/** Runs of two districts, in the order in which they are listed; saved in another one. */
async function saveHistory(storage: RosterStorage): Promise<Run[]> {
  const runs = [
    makeRun({ id: "a1", startedAt: "2026-08-18T00:00:00.000Z", districtId: away }),
    makeRun({ id: "0", startedAt: "2026-08-17T06:00:00.001Z" }),
    makeRun({ id: "c", startedAt: "2026-08-17T06:00:00.000Z", districtId: away }),
    makeRun({ id: "b", startedAt: "2026-08-17T06:00:00.000Z" }),
    makeRun({ id: "_", startedAt: "2026-08-17T06:00:00.000Z" }),
    makeRun({ id: "B", startedAt: "2026-08-17T06:00:00.000Z" }),
    makeRun({ id: "10", startedAt: "2026-08-17T06:00:00.000Z" }),
    makeRun({ id: "zz", startedAt: "2025-12-31T23:59:59.999Z" }),
  ]
  const leases = new Map([
    [home, await takeLease(storage, home)],
    [away, await takeLease(storage, away)],
  ])
  for (const index of [3, 6, 0, 7, 2, 5, 1, 4]) {
    const run = runs[index]
    const lease = run && leases.get(run.districtId)
    if (run !== undefined && lease !== undefined) await storage.saveRun(lease, run)
  }
  return runs
}

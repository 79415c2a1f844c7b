import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { newRun } from "../../src/roster/new-run.ts"
import { type HashedPlan, planHash } from "../../src/roster/plan-hash.ts"
import type { Cursor, RosterStorage, StagedChange } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { temporaryFolder } from "../support/roster-world.ts"

const districtId = "d".repeat(24)
const keys = { roles: [], schools: [], sisIds: [], people: [] }
const cursor: Cursor = { eventId: "e1", at: "2026-09-01T06:00:00.000Z", apiVersion: "v3.1" }

/** A change with a content, whose fingerprints are as long as they are. */
function stored(
  action: "create" | "update" | "restore",
  id: string,
  { raw = "a", canonical = "b" }: { raw?: string; canonical?: string } = {},
): StagedChange {
  const fingerprints = { raw: raw.repeat(32), canonical: canonical.repeat(32) }
  return { action, kind: "user", id, data: "{}", ...fingerprints, keys }
}

const changes: StagedChange[] = [
  { action: "archive", kind: "school", id: "s1" },
  stored("create", "u1"),
  stored("update", "u2"),
  { action: "archive", kind: "user", id: "u3" },
  { action: "unchanged", kind: "user", id: "u4" },
  { action: "reject", kind: "user", id: "u5", reason: "id-missing", path: "id", data: "{}" },
]

async function hashOf(
  storage: RosterStorage,
  batches: readonly (readonly StagedChange[])[],
  plan: Partial<HashedPlan> = {},
): Promise<string> {
  await storage.open()
  onTestFinished(() => storage.close())
  const answer = await storage.acquireLease({ districtId, holder: "test", ttlMs: 60_000 })
  if (!answer.acquired) return expect.unreachable()
  const { lease } = answer
  const run = newRun({ lease, basis: 3, mode: "bulk", startedBy: "test", nowMs: 0 })
  for (const batch of batches) await storage.stage(lease, { run, changes: batch })
  return planHash(storage, { runId: run.id, basis: 3, cursor, actions: ["create", "archive"], ...plan })
}

const inMemory = (batch: readonly StagedChange[], plan: Partial<HashedPlan> = {}) =>
  hashOf(new MemoryStorage(), [batch], plan)

describe("S16 the hash of a plan", () => {
  it("S16 is the same in every storage, in whatever order and in how many batches it was staged", async () => {
    const expected = await inMemory(changes)
    expect(expected).toMatch(/^[0-9a-f]{64}$/)
    expect(await inMemory(changes.toReversed())).toBe(expected)
    expect(await inMemory(changes, { actions: ["archive", "create"] })).toBe(expected)
    const path = join(temporaryFolder(), "roster.db")
    const one = changes.map((change) => [change])
    expect(await hashOf(new SqliteStorage({ path }), one.toReversed())).toBe(expected)
  })

  it("S16 is of what is staged at the end", async () => {
    const twice = [[stored("create", "u1", { raw: "c" }), ...changes.slice(2)], changes]
    expect(await hashOf(new MemoryStorage(), twice)).toBe(await inMemory(changes))
  })

  it("S16 differs with the basis, the cursor, the actions, and every part of every staged change", async () => {
    const [, ...others] = changes
    const without = (id: string) => changes.filter((change) => change.id !== id)
    const hashes = [
      await inMemory(changes),
      await inMemory(changes, { basis: 4 }),
      await inMemory(changes, { cursor: null }),
      await inMemory(changes, { cursor: { ...cursor, eventId: "e2" } }),
      await inMemory(changes, { cursor: { ...cursor, at: "2026-09-02T06:00:00.000Z" } }),
      await inMemory(changes, { cursor: { ...cursor, apiVersion: "v3.0" } }),
      await inMemory(changes, { actions: ["create"] }),
      await inMemory([]),
      await inMemory(others),
      await inMemory([...changes, { action: "archive", kind: "term", id: "t1" }]),
      await inMemory([{ action: "archive", kind: "course", id: "s1" }, ...others]),
      await inMemory([{ action: "archive", kind: "school", id: "s2" }, ...others]),
      await inMemory([{ action: "unchanged", kind: "school", id: "s1" }, ...others]),
      await inMemory([...without("u1"), stored("create", "u1", { raw: "c" })]),
      await inMemory([...without("u1"), stored("create", "u1", { canonical: "c" })]),
      await inMemory([...without("u1"), stored("restore", "u1")]),
      await inMemory(without("u4")),
      await inMemory(without("u5")),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it("S16 is of every page of what is staged", async () => {
    const idOf = (index: number) => `u${String(index).padStart(6, "0")}`
    const many = Array.from({ length: 10_001 }, (_, index) => stored("create", idOf(index)))
    const expected = await inMemory(many)
    for (const place of [0, 9_999, 10_000]) {
      expect(await inMemory(many.with(place, stored("update", idOf(place))))).not.toBe(expected)
    }
  })
})

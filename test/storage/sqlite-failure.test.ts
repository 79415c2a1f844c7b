import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "vitest"
import type { Lease, StagedChange } from "../../src/storage/contract.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { makeRun } from "../../src/testing/fixtures.ts"

function creates(prefix: string, count: number): StagedChange[] {
  return Array.from({ length: count }, (_, index): StagedChange => {
    const keys = { roles: [], schools: [], sisIds: [], people: [] }
    return {
      action: "create",
      kind: "user",
      id: `${prefix}${index}`,
      data: "{}",
      raw: "r",
      canonical: "c",
      keys,
    }
  })
}

/** Refuses, until it is dropped, whatever is staged with this id. */
function refuse(path: string, id: string): void {
  const raw = new DatabaseSync(path)
  raw.exec(
    `CREATE TRIGGER refuse BEFORE INSERT ON homeroom_changes WHEN new.id = '${id}' BEGIN SELECT raise(ABORT, 'no'); END`,
  )
  raw.close()
}

async function leaseOf(storage: SqliteStorage, districtId: string): Promise<Lease> {
  const answer = await storage.acquireLease({ districtId, holder: "test", ttlMs: 60_000 })
  if (!answer.acquired) throw new Error("the lease is held")
  return answer.lease
}

describe.each([
  ["in the storage's own thread", 600],
  ["in the caller's thread", 5],
] as const)("SQLite, a batch that can't be staged, %s", (_name, count) => {
  it("takes the batches after it along, so that no checkpoint tells of what is not there (S22)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
    const path = join(folder, "roster.db")
    const storage = new SqliteStorage({ path })
    try {
      await storage.open()
      const run = makeRun()
      const { districtId } = run
      const lease = await leaseOf(storage, districtId)
      await storage.stage(lease, { run, changes: creates("a", count) })
      refuse(path, "b1")
      const batches = ["b", "c", "d"].map((prefix) =>
        storage.stage(lease, { run, changes: creates(prefix, count) }),
      )
      const outcomes = await Promise.allSettled(batches)
      expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"])
      expect(await storage.countStaged(run.id)).toEqual([{ kind: "user", action: "create", count }])

      // Once somebody has taken note of it, the run may begin anew.
      await storage.discardStaged(lease, run)
      await storage.stage(lease, { run, changes: creates("e", count) })
      expect(await storage.countStaged(run.id)).toEqual([{ kind: "user", action: "create", count }])
    } finally {
      await storage.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("is not made good by what another district writes meanwhile (S22)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
    const path = join(folder, "roster.db")
    const storage = new SqliteStorage({ path })
    try {
      await storage.open()
      const run = makeRun()
      const other = makeRun({ id: "run-other", districtId: "other" })
      const lease = await leaseOf(storage, run.districtId)
      const otherLease = await leaseOf(storage, other.districtId)
      await storage.stage(lease, { run, changes: creates("a", count) })
      refuse(path, "b1")
      await expect(storage.stage(lease, { run, changes: creates("b", count) })).rejects.toThrow()

      await storage.stage(otherLease, { run: other, changes: creates("x", count) })
      await storage.saveRun(otherLease, other)
      await storage.discardStaged(otherLease, other)
      await expect(storage.stage(lease, { run, changes: creates("c", count) })).rejects.toThrow()
      expect(await storage.countStaged(run.id)).toEqual([{ kind: "user", action: "create", count }])

      await storage.saveRun(lease, run)
      await storage.stage(lease, { run, changes: creates("d", count) })
      expect(await storage.countStaged(run.id)).toEqual([
        { kind: "user", action: "create", count: 2 * count },
      ])
    } finally {
      await storage.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

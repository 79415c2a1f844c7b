import assert from "node:assert/strict"
import { type ErrorCode, isHomeroomError } from "../errors/index.ts"
import { type Kind, kinds } from "../models/index.ts"
import type { LoggedChange, RosterStorage, StoredFingerprint } from "../storage/contract.ts"

/** More than any test stores. */
export const all = 1_000_000

/**
 * Fails unless both hold the same content. Prototypes do not count (a driver's rows may have none), nor do
 * keys whose value is `undefined`.
 */
export function same(actual: unknown, expected: unknown): void {
  assert.deepStrictEqual(plain(actual), plain(expected))
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/** Fails unless the promise rejects with a `HomeroomError` of this code. */
export async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isHomeroomError(error), `rejected with ${String(error)} instead of a HomeroomError`)
    assert.equal(error.code, code)
    return true
  })
}

/** Everything that `list` gives, read in pages of `limit`; fails on a page that is too long or not followed. */
export async function inPages<T>(limit: number, list: (after: T | undefined) => Promise<T[]>): Promise<T[]> {
  const found: T[] = []
  for (;;) {
    const page = await list(found.at(-1))
    assert.ok(page.length <= limit, `a page of ${page.length} where ${limit} were asked for`)
    found.push(...page)
    if (page.length < limit) return found
    assert.ok(found.length < 100_000, "the pages never end")
  }
}

/** The fields of a fingerprint alone: a row may bring more, since a listing reads millions of them. */
export function fingerprint({ id, state, raw, canonical }: StoredFingerprint): StoredFingerprint {
  return { id, state, raw, canonical }
}

/** The whole change log of a run. */
export function changesOf(storage: RosterStorage, runId: string): Promise<LoggedChange[]> {
  return storage.listChanges({ runId, limit: all })
}

/** Everything that can be read of these districts and runs: equal before and after what must have no effect. */
export async function snapshot(
  storage: RosterStorage,
  what: {
    districtIds: readonly string[]
    runIds: readonly string[]
    collections?: readonly string[] | undefined
  },
): Promise<unknown> {
  const seen: Record<string, unknown> = {
    connections: await storage.listConnections(),
    runs: await storage.listRuns({ limit: all }),
  }
  for (const districtId of what.districtIds) {
    seen[`head of ${districtId}`] = await storage.getDistrict(districtId)
    seen[`lease of ${districtId}`] = await storage.getLease(districtId)
    seen[`commits of ${districtId}`] = await storage.listCommits({ districtId, limit: all })
    for (const kind of kinds) {
      seen[`${kind}s of ${districtId}`] = await storage.listRecords({ districtId, kind, limit: all })
      seen[`${kind} overrides of ${districtId}`] = await storage.listOverrides({
        districtId,
        kind,
        limit: all,
      })
    }
  }
  for (const runId of what.runIds) {
    seen[`staged by ${runId}`] = await stagedCounts(storage, runId)
    seen[`changes of ${runId}`] = await changesOf(storage, runId)
    seen[`rejections of ${runId}`] = await storage.listRejections({ runId, limit: all })
  }
  for (const collection of what.collections ?? []) {
    seen[`documents of ${collection}`] = await storage.listDocuments({ collection, limit: all })
  }
  return seen
}

/** What is staged as `{ "user create": 2 }`: the contract sets no order for the counts. */
export async function stagedCounts(storage: RosterStorage, runId: string): Promise<Record<string, number>> {
  const counts = await storage.countStaged(runId)
  const named = Object.fromEntries(counts.map((one) => [`${one.kind} ${one.action}`, one.count]))
  assert.equal(Object.keys(named).length, counts.length, "a kind and action is counted twice")
  return named
}

/** The ids of everything that a run has staged of a kind. */
export async function stagedIds(storage: RosterStorage, runId: string, kind: Kind): Promise<string[]> {
  return (await storage.listStaged({ runId, kind, limit: all })).map((one) => one.id)
}

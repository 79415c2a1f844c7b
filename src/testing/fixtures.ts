import assert from "node:assert/strict"
import { type Kind, kinds } from "../models/index.ts"
import { recordKeys } from "../models/record-keys.ts"
import type {
  AccountLink,
  Action,
  Connection,
  Counts,
  Cursor,
  FieldOverride,
  Lease,
  RecordContent,
  RosterStorage,
  Run,
  StagedChange,
  StoredRecord,
} from "../storage/contract.ts"

/** The district that tests work on unless they name another. */
export const home = "district-home"
/** A second district, to see that they never mix. */
export const away = "district-away"

export const everyAction: readonly Action[] = [
  "create",
  "update",
  "restore",
  "archive",
  "refresh",
  "unchanged",
  "reject",
]

/** Ids in code unit order; any collation that knows letters would order them otherwise. */
export const orderedIds: readonly string[] = [
  "-",
  "-a",
  "0",
  "00",
  "1",
  "10",
  "2",
  "4fd43cc56d11340000000005",
  "A",
  "AA",
  "Aa",
  "B",
  "Z",
  "_",
  "__proto__",
  "a",
  "aA",
  "aB",
  "aa",
  "ab",
  "b",
  "constructor",
  "z",
  "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
]

/** Takes a district's lease; fails if it is held. */
export async function takeLease(
  storage: RosterStorage,
  districtId: string = home,
  options: { holder?: string | undefined; ttlMs?: number | undefined } = {},
): Promise<Lease> {
  const { holder = "host:1", ttlMs = 600_000 } = options
  const answer = await storage.acquireLease({ districtId, holder, ttlMs })
  assert.ok(answer.acquired, `the lease of ${districtId} is held`)
  return answer.lease
}

/** A run's counts: all 0, or other ones for every kind and outcome, from `first`. */
export function makeCounts(first = 0): Run["counts"] {
  const entries = kinds.map((kind, index): [Kind, Counts] => {
    const next = first === 0 ? 0 : first + index * 10
    return [
      kind,
      {
        created: next,
        updated: next * 2,
        archived: next * 3,
        restored: next * 4,
        unchanged: next * 1_000_003,
        rejected: next * 5,
      },
    ]
  })
  return Object.fromEntries(entries) as Run["counts"]
}

/** A run that has just begun. */
export function makeRun(fields: Partial<Run> = {}): Run {
  return {
    id: "run-1",
    districtId: home,
    mode: "bulk",
    requestedMode: "bulk",
    fallback: null,
    state: "fetching",
    startedAt: "2026-08-17T06:00:00.000Z",
    finishedAt: null,
    startedBy: "cli",
    counts: makeCounts(),
    holds: [],
    cursor: null,
    requests: 0,
    records: 0,
    durationMs: 0,
    resumed: 0,
    skippedEvents: 0,
    error: null,
    purpose: "import",
    plan: null,
    approval: null,
    decision: null,
    splitFrom: null,
    undoes: null,
    version: null,
    archivedBySchool: {},
    fence: 1,
    basis: 0,
    checkpoint: null,
    ...fields,
  }
}

/** The same run at its end. */
export function ended(run: Run, state: Run["state"] = "applied"): Run {
  return { ...run, state, finishedAt: "2026-08-17T06:05:00.000Z" }
}

export function makeCursor(eventId: string): Cursor {
  return { eventId, at: "2026-08-17T05:59:00.000Z", apiVersion: "v3.1" }
}

export function makeConnection(fields: Partial<Connection> = {}): Connection {
  return {
    districtId: home,
    name: "Homeroom Unified",
    mode: "sso+provisioning",
    state: "active",
    steps: [
      { state: "requested", mode: "sso", at: "2026-08-01T08:00:00.000Z", by: "ada" },
      { state: "active", mode: "sso+provisioning", at: "2026-08-02T08:00:00.000Z", by: "cli" },
    ],
    settings: {},
    ...fields,
  }
}

export function makeLink(fields: Partial<AccountLink> = {}): AccountLink {
  return {
    issuer: "https://clever.com",
    cleverId: "c1",
    accountId: "account-1",
    districtId: home,
    linkedAt: "2026-08-17T07:00:00.000Z",
    linkedBy: "app",
    ...fields,
  }
}

export function makeOverride(fields: Partial<FieldOverride> = {}): FieldOverride {
  return {
    districtId: home,
    kind: "user",
    id: "u1",
    path: "name.first",
    value: "Zoë",
    at: "2026-08-17T07:00:00.000Z",
    by: "ada",
    ...fields,
  }
}

/** The time by the storage's own clock, in milliseconds: a lease shows it. */
export async function presentTime(storage: RosterStorage): Promise<number> {
  const lease = await takeLease(storage, "district-clock")
  const held = await storage.getLease("district-clock")
  await storage.releaseLease(lease)
  assert.ok(held)
  return Date.parse(held.since)
}

/** A change that brings content. */
export type ContentChange = Extract<StagedChange, { raw: string }>

/** An archive with content. */
export type ArchiveAs = Extract<StagedChange, { action: "archive" }> & { content: RecordContent }

/** A change with content; `text` tells contents of one record apart, `data` sets the JSON text itself. */
export function put(
  action: ContentChange["action"],
  kind: Kind,
  id: string,
  text = "first",
  data: string = JSON.stringify({ id, text }),
): ContentChange {
  const keys = recordKeys(kind, JSON.parse(data))
  return { action, kind, id, data, raw: `raw ${id} ${text}`, canonical: `canonical ${id} ${text}`, keys }
}

/** A change without content. */
export function mark(action: "archive" | "unchanged", kind: Kind, id: string): StagedChange {
  return { action, kind, id }
}

/** An archive that puts an older content back, as `put` makes it. */
export function archiveAs(kind: Kind, id: string, text: string): ArchiveAs {
  const { data, raw, canonical, keys } = put("update", kind, id, text)
  return { action: "archive", kind, id, content: { data, raw, canonical, keys } }
}

export function reject(kind: Kind, id: string, reason = "id-missing"): StagedChange {
  return { action: "reject", kind, id, reason, path: "roles.student.schools[0]", data: `{"bad":"${id}"}` }
}

/** The record that `put` makes. */
export function record(
  kind: Kind,
  id: string,
  text = "first",
  state: StoredRecord["state"] = "active",
): StoredRecord {
  const { raw, canonical, data } = put("create", kind, id, text)
  return { kind, id, state, raw, canonical, data }
}

/** One whole import: takes the lease, stages and commits on the district's present version. */
export async function importChanges(
  storage: RosterStorage,
  changes: readonly StagedChange[],
  options: {
    runId?: string | undefined
    districtId?: string | undefined
    actions?: readonly Action[] | undefined
    cursor?: Cursor | null | undefined
  } = {},
): Promise<Run> {
  const { runId = "run-1", districtId = home, actions = everyAction, cursor = null } = options
  const { version } = await storage.getDistrict(districtId)
  const lease = await takeLease(storage, districtId)
  const run = makeRun({ id: runId, districtId, fence: lease.fence, basis: version })
  await storage.stage(lease, { run, changes })
  const end = { ...ended(run), cursor }
  await storage.commit(lease, { run: end, basis: version, cursor, actions })
  await storage.releaseLease(lease)
  return end
}

/** Where a text stands once files have been cleaned, which a purge need not do: an erasure does, of somebody unknown as well. */
export async function tracesOf(storage: RosterStorage, text: string): Promise<Record<string, number>> {
  const lease = await takeLease(storage)
  await storage.erase(lease, { districtId: home, kind: "user", id: "5f3c0a1b2c3d4e5f60718299" })
  await storage.releaseLease(lease)
  return storage.countTraces(text)
}

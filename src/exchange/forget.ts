import { HomeroomError } from "../errors/index.ts"
import { idPattern, processName, type Repeat, type Sleep, sleepOnTimer, type User } from "../models/index.ts"
import { requireLease, withoutDeliveries } from "../roster/index.ts"
import type { ErasureCounts, Lease, RosterStorage } from "../storage/contract.ts"
import { excludeId } from "./exclude-id.ts"
import { knownDistricts } from "./known-districts.ts"
import { type AccountAuditEvent, auditTo } from "./logins/login-audit.ts"
import { defaultSessionMaxMs, SessionControl } from "./logins/session-control.ts"

export interface ForgetOptions {
  storage: RosterStorage
  /** Who asks for it, for the audit event alone: a user of the app, or `cli`. */
  by: string
  /** How long to wait for an import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number | undefined
  /** Gives up waiting, with `ABORTED`. */
  signal?: AbortSignal | undefined
  /** At which issuer the person has sessions, which end. Default `https://clever.com`. */
  issuer?: string | undefined
  /** How long a session can last at most, in milliseconds. Default 30 days, as for `LoginResolver`. */
  sessionMaxMs?: number | undefined
  /** Told of each district once it is done: counts, and nothing of a person. What it throws is ignored. */
  onAudit?: ((event: AccountAuditEvent) => void) | undefined
  /** Who holds the lease meanwhile, for people to read. Default: host name and process id. */
  holder?: string | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** How waiting is done. Default: timers. */
  sleep?: Sleep | undefined
  /** How the lease is kept alive. Default: a timer. */
  repeat?: Repeat | undefined
}

export interface ForgetUserOptions extends ForgetOptions {
  /** The person's Clever id. */
  id: string
  /** The Clever id of the district. Default: whichever districts know of the person. */
  districtId?: string | undefined
  /**
   * Adds the id to those that imports of the district leave out (`connection.settings.scope.exclude`). Default
   * false.
   */
  exclude?: boolean | undefined
}

export interface ForgetDistrictOptions extends ForgetOptions {
  /** The Clever id of the district. */
  districtId: string
}

/** What an erasure came to. */
export interface ErasureProof {
  /** Where something was looked for and erased. */
  readonly districtIds: readonly string[]
  readonly counts: ErasureCounts
  /** In how many entries of each table and file the id still stands: none, or there would be no proof. */
  readonly traces: Readonly<Record<string, number>>
}

/**
 * Erases a person from everything that the storage holds (S31, R55): roster, plans, change logs, rejected records,
 * overrides, documents, links, one-time keys, and every mention of the id in classes and of relatives; ends the person's
 * sessions; and proves by a search through all tables and files that the id stands nowhere any more.
 *
 * Who is still shared comes back with the next bulk import, or when something of them changes, unless `exclude` is
 * set. Interrupted imports start afresh, and plans made before are stale. Targets are not told: the app's own tables
 * are the app's to erase from, before this if they are in the same database file.
 *
 * Takes the lease of the district as an import does: rejects with `SYNC_IN_PROGRESS` while one runs. Rejects with
 * `CONNECTION_NOT_FOUND` if there is no connection to set `exclude` on; with `STORAGE_BUSY` if a program keeps an older
 * state of the database open, and with `ERASURE_INCOMPLETE` if the id stands somewhere still. After either, call it
 * again. Reads everything in the district, and everything in the files: in SQLite some 30 s for a million records.
 */
export async function forgetUser(options: ForgetUserOptions): Promise<ErasureProof> {
  const { storage, id, exclude = false } = options
  if (!idPattern.test(id)) {
    throw new HomeroomError("INVALID_OPTIONS", { message: "forgetUser takes the Clever id of a person." })
  }
  await storage.open()
  const districtIds =
    options.districtId === undefined ? await knownDistricts(storage, id) : [options.districtId]
  const done: string[] = []
  let counts = noCounts()
  let traces: Record<string, number> = {}
  for (const districtId of districtIds) {
    const erased = await inDistrict(options, districtId, async (lease) => {
      if (exclude) await excludeId(storage, { districtId, id })
      return eraseUser(options, lease)
    })
    audit(options, { what: "user", districtId, counts: erased.counts })
    counts = sum(counts, erased.counts)
    traces = erased.traces
    done.push(districtId)
    // Whoever is looked for in all districts is found in one.
    if (isEmpty(traces)) break
  }
  if (done.length === 0) {
    counts = await forgetLogins(options, [id])
    traces = await storage.countTraces(id)
  }
  requireNone(traces)
  return { districtIds: done, counts, traces }
}

/**
 * Erases a district from everything that the storage holds, its runs and its connection included, ends the sessions of
 * its people, and proves by a search through all tables and files that its id stands nowhere any more. What sign-in
 * holds of its people without a district, from the Clever Library, stays.
 *
 * Rejects and costs as {@link forgetUser} does.
 */
export async function forgetDistrict(options: ForgetDistrictOptions): Promise<ErasureProof> {
  const { storage, districtId } = options
  if (!idPattern.test(districtId)) {
    throw new HomeroomError("INVALID_OPTIONS", {
      message: "forgetDistrict takes the Clever id of a district.",
    })
  }
  await storage.open()
  const { counts, traces } = await inDistrict(options, districtId, async (lease) => {
    const { links, keys } = await sessionsOf(options).forgetDistrict(districtId)
    const erased = await storage.erase(lease, { districtId })
    const counts = { ...erased, logins: erased.logins + links + keys }
    return { counts, traces: await storage.countTraces(districtId) }
  })
  audit(options, { what: "district", districtId, counts })
  requireNone(traces)
  return { districtIds: [districtId], counts, traces }
}

/** Under the district's lease, so that no import brings the person back before it is looked for. */
async function eraseUser(
  options: ForgetUserOptions,
  lease: Lease,
): Promise<{ counts: ErasureCounts; traces: Record<string, number> }> {
  const { storage, id } = options
  const { districtId } = lease
  // Elsewhere an id of API v2 stands in the person's own record alone, or in that of the same person under a new id.
  const legacyIds = await legacyIdsOf(storage, { districtId, id })
  const logins = await forgetLogins(options, [id, ...legacyIds])
  const erased = await storage.erase(lease, { districtId, kind: "user", id })
  return { counts: sum(logins, erased), traces: await storage.countTraces(id) }
}

async function inDistrict<Result>(
  options: ForgetOptions,
  districtId: string,
  work: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const { storage, waitMs, signal, repeat, clock = Date.now } = options
  const holder = options.holder ?? processName()
  const sleep: Sleep = options.sleep ?? sleepOnTimer
  const keeper = await requireLease({
    storage,
    districtId,
    holder,
    waitMs,
    signal,
    lease: {},
    clock,
    sleep,
    repeat,
  })
  try {
    // What a delivery has at hand was read before: it must not note anything of it after.
    return await withoutDeliveries({ storage, districtId, holder, clock }, () => work(keeper.lease))
  } finally {
    await keeper.release()
  }
}

/** First of all: the sessions must be over even if somebody ends the process now. */
async function forgetLogins(options: ForgetOptions, ids: readonly string[]): Promise<ErasureCounts> {
  const { issuer = "https://clever.com" } = options
  const [cleverId = "", ...legacyIds] = ids
  const { links, keys } = await sessionsOf(options).forgetUser({ issuer, cleverId, legacyIds })
  return { ...noCounts(), logins: links + keys }
}

function sessionsOf({
  storage,
  clock = Date.now,
  sessionMaxMs = defaultSessionMaxMs,
}: ForgetOptions): SessionControl {
  // The event of the whole erasure says it.
  return new SessionControl({ storage, clock, audit: () => {}, sessionMaxMs })
}

function audit(
  { onAudit, clock = Date.now, by }: ForgetOptions,
  event: { what: "user" | "district"; districtId: string; counts: ErasureCounts },
): void {
  auditTo(onAudit)({ type: "forget", at: new Date(clock()).toISOString(), by, ...event })
}

/** Who somebody was in Clever's API v2, in whatever role: links may be under those ids still. */
async function legacyIdsOf(
  storage: RosterStorage,
  { districtId, id }: { districtId: string; id: string },
): Promise<string[]> {
  const [record] = await storage.getRecords({ districtId, kind: "user", ids: [id] })
  if (record === undefined) return []
  const roles = Object.values((JSON.parse(record.data) as User).roles ?? {})
  const ids = roles.map((role: { legacy_id?: unknown | undefined } | null | undefined) => role?.legacy_id)
  return [...new Set(ids)].filter(
    (legacyId): legacyId is string =>
      typeof legacyId === "string" && idPattern.test(legacyId) && legacyId !== id,
  )
}

function requireNone(traces: Record<string, number>): void {
  if (isEmpty(traces)) return
  const places = Object.entries(traces).map(([place, count]) => `${place} (${count})`)
  throw new HomeroomError("ERASURE_INCOMPLETE", {
    message: `What was to be erased still stands in ${places.join(", ")}.`,
    details: { places: places.join(", ") },
  })
}

function isEmpty(traces: Record<string, number>): boolean {
  return Object.keys(traces).length === 0
}

function noCounts(): ErasureCounts {
  return { records: 0, contents: 0, mentions: 0, documents: 0, logins: 0, runs: 0 }
}

function sum(one: ErasureCounts, other: ErasureCounts): ErasureCounts {
  return {
    records: one.records + other.records,
    contents: one.contents + other.contents,
    mentions: one.mentions + other.mentions,
    documents: one.documents + other.documents,
    logins: one.logins + other.logins,
    runs: one.runs + other.runs,
  }
}

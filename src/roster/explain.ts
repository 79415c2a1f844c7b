import { isHomeroomError } from "../errors/index.ts"
import { type District, diffRecords, type RosterRecord } from "../models/index.ts"
import type { Kind } from "../models/kinds.ts"
import type { RosterSource } from "../models/record-page.ts"
import type { LinkKey, RosterStorage, StagedChange, StoredRecord } from "../storage/contract.ts"
import { describeChange } from "./change-log.ts"
import { compareFound, compareGone, foundFromText } from "./compare.ts"
import { whyArchivesWait } from "./district-state.ts"
import type { Explanation, FetchedStep, MatchedStep, Obstacle, RecordRun, ScopedStep } from "./explanation.ts"
import { type ChangePlace, findChange, findRejection } from "./find-change.ts"
import { type ReviewType, reviewId } from "./matching/review.ts"
import { ReviewBook } from "./matching/review-book.ts"
import { SchoolLinks } from "./matching/subject-links.ts"
import { isWaiting } from "./run-states.ts"
import type { CompiledScope, ScopeVerdict } from "./scope/compiled-scope.ts"
import { isExpired } from "./waiting-runs.ts"

export interface ExplainRequest {
  source: RosterSource
  storage: RosterStorage
  clock: () => number
  scope: CompiledScope | undefined
  districtId: string
  kind: Kind
  /** The record's Clever id. */
  id: string
  signal: AbortSignal | undefined
}

/** So many of the runs that changed the record are told. */
const mostRuns = 5
/** So many runs are looked through for them. */
const mostLookedThrough = 1_000
const runsPerPage = 100

/** Looks at one record as an import would, and at what is known of it, without writing anything (S17). */
export async function explainRecord(request: ExplainRequest): Promise<Explanation> {
  const { storage, scope, districtId, kind, id } = request
  const [stored] = await storage.getRecords({ districtId, kind, ids: [id] })
  const { fetched, text } = await fetch(request)
  const change = fetched.state === "unreachable" ? undefined : nextChange(request, stored, text)
  const judge = (content: string): ScopeVerdict =>
    scope?.judge(kind, parse(content)) ?? { state: "in", value: parse(content), text: undefined }
  const verdict = text === undefined ? undefined : judge(text)
  // What was stored before the scope was narrowed is none of anybody's business any more (S18).
  const kept = stored === undefined ? undefined : judge(stored.data)
  return {
    districtId,
    kind,
    id,
    fetched,
    scoped: scopedStep(verdict),
    matched: await match(request),
    compared: {
      stored: stored?.state ?? "none",
      fields:
        kept?.state === "in" && verdict?.state === "in"
          ? namesOf(diffRecords(kept.value as object, verdict.value as object))
          : [],
    },
    decided: {
      action: change === undefined ? "unknown" : change.action === "unchanged" ? "none" : change.action,
      obstacles: await findObstacles(request, change),
    },
    changed: await lastRuns(request),
  }
}

function scopedStep(verdict: ScopeVerdict | undefined): ScopedStep {
  if (verdict === undefined) return { state: "unknown" }
  if (verdict.state === "in") return { state: "in-scope" }
  return { state: "out-of-scope", reason: verdict.state === "out" ? verdict.reason : "malformed" }
}

async function fetch({
  source,
  districtId,
  kind,
  id,
  signal,
}: ExplainRequest): Promise<{ fetched: FetchedStep; text: string | undefined }> {
  try {
    const text = await source.recordText({ districtId, kind, id, signal })
    return { fetched: { state: text === undefined ? "not-found" : "found" }, text }
  } catch (error) {
    if (!isHomeroomError(error) || error.code === "ABORTED") throw error
    return { fetched: { state: "unreachable", code: error.code }, text: undefined }
  }
}

/** What an import of everything would stage for the record. */
function nextChange(
  { districtId, scope, kind, id }: ExplainRequest,
  stored: StoredRecord | undefined,
  text: string | undefined,
): StagedChange {
  if (text === undefined) return compareGone(kind, id, stored)
  const found = foundFromText(kind, id, text, scope)
  const change = compareFound(found, stored, { districtId, scope, unidentified: () => id })
  if (change === undefined) return { action: "unchanged", kind, id }
  if (change.id === id) return change
  return { action: "reject", kind, id, reason: "id-mismatch", path: "id", data: text }
}

/** Kinds that have accounts in the app, with what may be asked about their records. */
const reviewTypes: Readonly<Partial<Record<Kind, readonly ReviewType[]>>> = {
  user: ["account", "reissued"],
  school: ["school"],
}

async function match(request: ExplainRequest): Promise<MatchedStep> {
  const { storage, clock, districtId, kind, id } = request
  const types = reviewTypes[kind]
  if (types === undefined) return { state: "no-accounts", accountIds: [], reviewIds: [] }
  const accountIds = kind === "user" ? await accountsOf(request) : await schoolAccountOf(request)
  const book = new ReviewBook({ storage, clock })
  const reviewIds: string[] = []
  for (const type of types) {
    const entry = await book.get(reviewId(districtId, type, id))
    if (entry?.review.state === "open") reviewIds.push(entry.id)
  }
  const state = accountIds.length > 0 ? "linked" : reviewIds.length > 0 ? "in-review" : "unlinked"
  return { state, accountIds, reviewIds }
}

/** The person's accounts under every issuer that people of the district are linked under. */
async function accountsOf({ storage, districtId, id }: ExplainRequest): Promise<string[]> {
  const accountIds: string[] = []
  let after: LinkKey | undefined
  for (;;) {
    const [next] = await storage.listLinks({ districtId, after, limit: 1 })
    if (next === undefined) return accountIds
    const { issuer } = next
    const link = await storage.getLink({ issuer, cleverId: id })
    if (link !== undefined) accountIds.push(link.accountId)
    after = { issuer, cleverId: "\uffff" }
  }
}

async function schoolAccountOf({ storage, clock, districtId, id }: ExplainRequest): Promise<string[]> {
  const accountId = await new SchoolLinks({ storage, clock }).get(districtId, id)
  return accountId === undefined ? [] : [accountId]
}

async function findObstacles(request: ExplainRequest, change: StagedChange | undefined): Promise<Obstacle[]> {
  const { storage, districtId, kind, id, clock } = request
  const obstacles: Obstacle[] = []
  const rejected = await findRejected(request, change)
  if (rejected !== undefined) obstacles.push(rejected)
  obstacles.push(...(await findWaiting(request)))
  if (change?.action === "archive") {
    const [district] = await storage.getRecords({ districtId, kind: "district", ids: [districtId] })
    const state = whyArchivesWait(
      district === undefined ? undefined : (parse(district.data) as District),
      clock(),
    )
    if (state !== undefined) obstacles.push({ code: "district-state", state })
  }
  const overrides = await storage.listOverrides({ districtId, kind, ids: [id], limit: 1_000 })
  if (overrides.length > 0) obstacles.push({ code: "override", paths: namesOf(overrides) })
  const connection = await storage.getConnection(districtId)
  if (connection !== undefined && connection.state !== "active") {
    obstacles.push({ code: "connection", state: connection.state })
  }
  return obstacles
}

/** That Clever's record can't be accepted: as it is now or, where that is not known, as the last import found it. */
async function findRejected(
  { storage, districtId, kind, id }: ExplainRequest,
  change: StagedChange | undefined,
): Promise<Obstacle | undefined> {
  if (change !== undefined && change.action !== "reject") return undefined
  const { lastRunId } = await storage.getDistrict(districtId)
  const last = lastRunId === null ? undefined : await storage.getRun(lastRunId)
  // What an undo lists are no records that Clever sent (S24).
  const listed =
    last === undefined || last.mode === "undo"
      ? undefined
      : await findRejection(storage, { runId: last.id, kind, id })
  const runId = listed === undefined ? null : (last?.id ?? null)
  if (change !== undefined) return { code: "rejected", reason: change.reason, path: change.path, runId }
  return listed === undefined
    ? undefined
    : { code: "rejected", reason: listed.reason, path: listed.path, runId }
}

/** The runs that would change the record and wait for somebody, newest first. */
async function findWaiting({ storage, clock, districtId, kind, id }: ExplainRequest): Promise<Obstacle[]> {
  const found: Obstacle[] = []
  const states = ["planned", "held", "approved"] as const
  for (const run of await storage.listRuns({ districtId, states, limit: runsPerPage })) {
    const { state, holds, plan } = run
    if (state !== "held" && state !== "planned" && state !== "approved") continue
    if (!isWaiting(run) || isExpired(run, clock())) continue
    const change = await findChange(storage, { runId: run.id, kind, id })
    // What a plan leaves out is none of its changes (S28).
    if (change === undefined || plan?.actions.includes(change.action) === false) continue
    found.push({ code: "run-waits", runId: run.id, state, action: change.action, holds })
  }
  return found
}

async function lastRuns(request: ExplainRequest): Promise<RecordRun[]> {
  const { storage, scope, districtId, kind, id } = request
  const found: RecordRun[] = []
  let before: { startedAt: string; id: string } | undefined
  for (let looked = 0; looked < mostLookedThrough; looked += runsPerPage) {
    const page = await storage.listRuns({ districtId, before, limit: runsPerPage })
    for (const run of page) {
      const { created, updated, archived, restored } = run.counts[kind]
      if (run.state !== "applied" || created + updated + archived + restored === 0) continue
      const change = await describe(storage, { runId: run.id, kind, id }, scope)
      if (change === undefined) continue
      const { mode, finishedAt, startedAt } = run
      found.push({ runId: run.id, mode, at: finishedAt ?? startedAt, ...change })
      if (found.length === mostRuns) return found
    }
    const last = page.at(-1)
    if (last === undefined) return found
    before = { startedAt: last.startedAt, id: last.id }
  }
  return found
}

async function describe(
  storage: RosterStorage,
  place: ChangePlace,
  scope: CompiledScope | undefined,
): Promise<Pick<RecordRun, "action" | "fields"> | undefined> {
  const change = await findChange(storage, place)
  if (change === undefined) return undefined
  const { action, fields } = describeChange(change, scope)
  return { action, fields: namesOf(fields) }
}

function namesOf(fields: readonly { readonly path: string }[]): string[] {
  return fields.map(({ path }) => path)
}

function parse(data: string): RosterRecord {
  return JSON.parse(data) as RosterRecord
}

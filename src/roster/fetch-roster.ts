import { isHomeroomError } from "../errors/index.ts"
import { type Kind, kinds } from "../models/kinds.ts"
import type { Checkpoint, Cursor, FallbackReason } from "../storage/contract.ts"
import { applyEvents, cursorAt, retryRejections } from "./apply-events.ts"
import { listKind } from "./list-kind.ts"
import { checkpointOf, firstCheckpoint, isoTime, type RunContext } from "./run-context.ts"
import type { RunLimits } from "./run-limits.ts"

/** Ends the reading of events in favour of a bulk run. */
class FallBack extends Error {
  readonly reason: FallbackReason
  constructor(reason: FallbackReason) {
    super(reason)
    this.reason = reason
  }
}

/** Reads what the run is about to stage: a delta's events, or a whole listing, also where a delta is impossible (S5). */
export async function fetchRoster(
  context: RunContext,
  limits: Pick<RunLimits, "cursorMaxAgeMs">,
): Promise<void> {
  if (context.run.mode === "delta") {
    try {
      return await fetchDelta(context, limits)
    } catch (error) {
      const reason = fallbackReason(error)
      if (reason === undefined) throw error
      await fallBack(context, reason)
    }
  }
  await fetchBulk(context)
}

async function fetchDelta(context: RunContext, limits: Pick<RunLimits, "cursorMaxAgeMs">): Promise<void> {
  const { head } = context
  if (context.run.checkpoint === null) {
    const cursor = usableCursor(context, limits)
    begin(context, "reading-events", cursor)
    await retryRejections(context)
  }
  if (checkpointOf(context.run).stage === "reading-events") {
    const known = Object.values(head.counts).reduce((sum, { active, archived }) => sum + active + archived, 0)
    await applyEvents(context, "reading-events", (eventsRead) => {
      // S5: after a rollover the listing is shorter than the feed.
      if (eventsRead > known) throw new FallBack("events-flood")
    })
  }
  // The district's own state decides whether anything may be archived (S28), and may change without an event.
  atKind(context, "district")
  await listKind(context, "district")
}

async function fetchBulk(context: RunContext): Promise<void> {
  if (context.run.checkpoint === null) {
    // S1: the cursor is taken before the listing, so that what changes meanwhile is replayed.
    begin(context, "listing", await newestCursor(context))
  }
  const { stage, kind: reached } = checkpointOf(context.run)
  if (stage === "listing") {
    for (const kind of kinds.slice(kinds.indexOf(reached))) {
      if (checkpointOf(context.run).kind !== kind) atKind(context, kind)
      await listKind(context, kind)
    }
  }
  context.run = { ...context.run, checkpoint: { ...checkpointOf(context.run), stage: "replaying" } }
  try {
    await applyEvents(context, "replaying")
  } catch (error) {
    // S2: without events a bulk import still works; the next delta will say why it can't.
    if (!isHomeroomError(error) || error.code !== "CLEVER_EVENTS_UNAVAILABLE") throw error
    context.run = { ...context.run, checkpoint: { ...checkpointOf(context.run), cursor: null } }
  }
}

function usableCursor(
  { head, source, scope, clock }: RunContext,
  { cursorMaxAgeMs }: Pick<RunLimits, "cursorMaxAgeMs">,
): Cursor {
  const { cursor } = head
  if (cursor === null) throw new FallBack("no-cursor")
  if (cursor.apiVersion !== source.apiVersion) throw new FallBack("api-version-changed")
  // S18: events tell of what changed at Clever, not of what has come into the scope.
  if (cursor.scope !== scope?.digest) throw new FallBack("scope-changed")
  const ageMs = clock() - Date.parse(cursor.at)
  // Clever answers an expired cursor with what is left of the feed, so that the gap can't be seen (S5).
  if (ageMs > cursorMaxAgeMs) throw new FallBack("cursor-expired")
  return cursor
}

/** Null where there is nothing to go on from: an empty feed can't be told from events being switched off. */
async function newestCursor({ source, run, scope, signal, onRequest }: RunContext): Promise<Cursor | null> {
  try {
    const event = await source.newestEvent({ districtId: run.districtId, signal, onRequest })
    return event === undefined ? null : cursorAt(event, source.apiVersion, scope)
  } catch (error) {
    if (isHomeroomError(error) && error.code === "CLEVER_EVENTS_UNAVAILABLE") return null
    throw error
  }
}

async function fallBack(context: RunContext, fallback: FallbackReason): Promise<void> {
  context.run = { ...context.run, mode: "bulk", fallback, checkpoint: null, skippedEvents: 0 }
  await context.staging
  await context.storage.discardStaged(context.keeper.lease, context.run)
}

function begin(context: RunContext, stage: Checkpoint["stage"], cursor: Cursor | null): void {
  const checkpoint = firstCheckpoint({
    at: isoTime(context.clock()),
    stage,
    apiVersion: context.source.apiVersion,
    cursor,
    ...(context.scope && { scope: context.scope.digest }),
  })
  context.run = { ...context.run, checkpoint }
}

function atKind(context: RunContext, kind: Kind): void {
  const { seen, ...checkpoint } = checkpointOf(context.run)
  context.run = {
    ...context.run,
    checkpoint: {
      ...checkpoint,
      kind,
      next: null,
      lastId: "",
      ordered: true,
      gap: false,
      seen: { ...seen, [kind]: 0 },
    },
  }
}

/** The fallback that an error means; undefined if it is a failure. */
function fallbackReason(error: unknown): FallbackReason | undefined {
  if (error instanceof FallBack) return error.reason
  if (!isHomeroomError(error) || error.code !== "CLEVER_EVENTS_UNAVAILABLE") return undefined
  const { reason } = error.details
  return reason === "cursor-rejected" || reason === "event-unreadable" ? reason : "events-unavailable"
}

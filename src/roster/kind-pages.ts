import { HomeroomError } from "../errors/index.ts"
import { type Kind, kinds } from "../models/kinds.ts"
import type { RecordPage } from "../models/record-page.ts"
import { openEvents } from "./apply-events.ts"
import { checkpointOf, type RunContext } from "./run-context.ts"
import { Walk } from "./walk.ts"

/** More pages of one kind than this are taken for a loop. */
const maxPages = 100_000

/**
 * The pages of a kind, from where the run stands; meanwhile the first ones of the kinds after it are asked for, and
 * after the last page of all what has happened since.
 */
export async function* pagesOf(context: RunContext, kind: Kind): AsyncGenerator<RecordPage> {
  const { next, seen } = checkpointOf(context.run)
  // S1: what is replayed is read after the listing; this is more of the listing.
  await context.replay?.close()
  context.replay = undefined
  // Taken up just after the kind's last page: there is nothing more to list.
  if (next === null && (seen[kind] ?? 0) > 0) return
  const ahead = context.ahead.get(kind)
  context.ahead.delete(kind)
  const walk = next === null && ahead !== undefined ? ahead : openWalk(context, kind, next)
  if (ahead !== walk) await ahead?.close()
  // Beside the pages of users, which are large and many, a page of sections would only take up memory.
  if (kind !== "user") openFollowing(context, kind)
  let pages = 0
  for await (const page of walk.pages()) {
    if (++pages > maxPages) throw loopError(kind)
    if (page.next === null) openFollowing(context, kind)
    if (page.next === null && context.ahead.size === 0) openReplay(context)
    yield page
  }
}

/** Asks for the first pages of the kinds after this one, for which no link is needed; up to that of the users. */
function openFollowing(context: RunContext, kind: Kind): void {
  const { scope } = context
  if (context.run.mode !== "bulk") return
  for (const following of kinds.slice(kinds.indexOf(kind) + 1)) {
    if (scope?.keepsKind(following) === false) continue
    if (!context.ahead.has(following)) context.ahead.set(following, openWalk(context, following, null))
    if (following === "user") return
  }
}

/** Asks for what has happened since the run began, while the last page of the listing is compared. */
function openReplay(context: RunContext): void {
  const after = checkpointOf(context.run).cursor?.eventId
  if (context.run.mode === "bulk" && after !== undefined) context.replay = openEvents(context, after)
}

function openWalk(context: RunContext, kind: Kind, from: string | null): Walk<RecordPage> {
  const { source, run, pageSize, onRequest } = context
  const { districtId } = run
  return new Walk(context.signal, (signal) =>
    source.recordPages({ districtId, kind, from: from ?? undefined, pageSize, signal, onRequest }),
  )
}

/** What is wrong with a listing that never ends. */
export function loopError(kind: Kind): HomeroomError {
  return new HomeroomError("CLEVER_PAGES_LOOP", { details: { kind } })
}

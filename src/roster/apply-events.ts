import { HomeroomError } from "../errors/index.ts"
import { idPattern } from "../models/index.ts"
import { type Kind, kinds } from "../models/kinds.ts"
import type { EventPage, FeedEvent } from "../models/record-page.ts"
import type { Cursor, StagedChange, StoredRecord } from "../storage/contract.ts"
import { compareFound, compareGone, foundFromText } from "./compare.ts"
import { checkpointOf, type RunContext, stagePage } from "./run-context.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"
import { noContent } from "./scope/scoped-rejection.ts"
import { idBefore } from "./targets/snapshot.ts"
import { Walk } from "./walk.ts"

/** More pages of events than this are taken for a loop. */
const maxPages = 100_000
/** Records looked up at a time. */
const lookupChunk = 1_000

const kindsByPlural: ReadonlyMap<string, Kind> = new Map(kinds.map((kind) => [`${kind}s`, kind]))

/** What the last of a page's events says about one record. */
type LastWord =
  | { kind: Kind; id: string; gone: true }
  | { kind: Kind; id: string; gone: false; text: string }
  | { kind: Kind; id: undefined; eventId: string; text: string }

/**
 * Reads the feed from the checkpoint's cursor to its end and stages what the events say, page by page, in feed
 * order (S1, S3). An event's object replaces whatever was staged for its record, so doing it twice does nothing.
 *
 * `onPage` is told how many events were read in all and may throw to end the reading. Within a scope those count that
 * change what is kept: of a small part of a large district, most don't.
 */
export async function applyEvents(
  context: RunContext,
  stage: "replaying" | "reading-events",
  onPage: (eventsRead: number) => void = () => {},
): Promise<void> {
  const after = checkpointOf(context.run).cursor?.eventId
  if (after === undefined) return
  const walk = context.replay ?? openEvents(context, after)
  context.replay = undefined
  let eventsRead = 0
  let pages = 0
  for await (const page of walk.pages()) {
    if (++pages > maxPages) throw new HomeroomError("CLEVER_PAGES_LOOP", { details: { kind: "event" } })
    const { words, skipped } = foldEvents(page.events, context.scope)
    if (context.scope === undefined) {
      eventsRead += page.events.length
      onPage(eventsRead)
    }
    const changes = await compareWords(context, words)
    if (context.scope !== undefined) {
      eventsRead += changes.filter(({ action }) => action !== "unchanged").length
      onPage(eventsRead)
    }
    const last = page.events.at(-1)
    const checkpoint = checkpointOf(context.run)
    context.run = {
      ...context.run,
      records: context.run.records + page.events.length,
      skippedEvents: context.run.skippedEvents + skipped,
    }
    await stagePage(
      context,
      {
        ...checkpoint,
        stage,
        pages: checkpoint.pages + 1,
        cursor:
          last === undefined ? checkpoint.cursor : cursorAt(last, context.source.apiVersion, context.scope),
      },
      changes,
      (run) => context.report(stage, null, run),
    )
  }
}

/** Asks for the events after the event `after`. */
export function openEvents(context: RunContext, after: string): Walk<EventPage> {
  const { source, run, pageSize, onRequest } = context
  const { districtId } = run
  return new Walk(context.signal, (signal) =>
    source.eventPages({ districtId, after, pageSize, signal, onRequest }),
  )
}

/**
 * Looks once more at the records that the district's last run rejected (S9): a newer Homeroom may accept them.
 * Those still refused are staged as rejections of this run, so that they stay on the list.
 */
export async function retryRejections(context: RunContext): Promise<void> {
  const { storage, head } = context
  if (head.lastRunId === null) return
  let after: { kind: Kind; id: string } | undefined
  for (;;) {
    const rejections = await storage.listRejections({ runId: head.lastRunId, after, limit: lookupChunk })
    const last = rejections.at(-1)
    if (last === undefined) return
    const changes: StagedChange[] = []
    const known: LastWord[] = []
    for (const rejection of rejections) {
      const { kind, id, data, reason, path } = rejection
      // Without an id or a content there is nothing to look at.
      if (id.startsWith("?") || data === noContent)
        changes.push({ action: "reject", kind, id, reason, path, data })
      else known.push({ kind, id, gone: false, text: data })
    }
    changes.push(...(await compareWords(context, known)))
    await stagePage(context, checkpointOf(context.run), changes)
    after = { kind: last.kind, id: last.id }
  }
}

/** The place in the feed just after an event, for a roster that is kept within the scope. */
export function cursorAt(
  event: FeedEvent,
  apiVersion: Cursor["apiVersion"],
  scope: CompiledScope | undefined,
): Cursor {
  const cursor = { eventId: event.id, at: eventTime(event), apiVersion }
  return scope === undefined ? cursor : { ...cursor, scope: scope.digest }
}

/** Keeps each record's last event of a page: an event holds the whole record, so earlier ones say nothing more. */
function foldEvents(
  events: readonly FeedEvent[],
  scope: CompiledScope | undefined,
): { words: LastWord[]; skipped: number } {
  const words = new Map<string, LastWord>()
  let skipped = 0
  for (const event of events) {
    const [plural = "", verb = ""] = event.type.split(".")
    const kind = kindsByPlural.get(plural)
    if (
      kind === undefined ||
      !["created", "updated", "deleted"].includes(verb) ||
      event.object === undefined
    ) {
      skipped++
      continue
    }
    const text = idOf(event.object)
    // Within a scope a text that is no id is not kept in the place of one (S18).
    const id = scope === undefined || text === undefined || idPattern.test(text) ? text : undefined
    if (id === undefined && scope !== undefined && verb === "deleted") continue
    if (id === undefined) words.set(`event ${event.id}`, { kind, id, eventId: event.id, text: event.object })
    else if (verb === "deleted") words.set(`${kind} ${id}`, { kind, id, gone: true })
    else words.set(`${kind} ${id}`, { kind, id, gone: false, text: event.object })
  }
  return { words: [...words.values()], skipped }
}

async function compareWords(context: RunContext, words: readonly LastWord[]): Promise<StagedChange[]> {
  const { districtId } = context.run
  const { scope } = context
  const changes: StagedChange[] = []
  for (let from = 0; from < words.length; from += lookupChunk) {
    const chunk = words.slice(from, from + lookupChunk)
    const stored = await lookUp(context, chunk)
    for (const word of chunk) {
      if (word.id === undefined) {
        const found = foundFromText(word.kind, undefined, word.text, scope)
        const change = compareFound(found, undefined, {
          districtId,
          scope,
          unidentified: () => `?event-${word.eventId}`,
        })
        if (change !== undefined) changes.push(change)
        continue
      }
      const { kind, id } = word
      const record = stored.get(`${kind} ${id}`)
      const change = word.gone
        ? compareGone(kind, id, record)
        : compareFound(foundFromText(kind, id, word.text, scope), record, {
            districtId,
            scope,
            unidentified: () => id,
          })
      if (change !== undefined && change.action !== "unchanged") changes.push(change)
      // Marked even if nothing changed: the marker takes the place of what a listing staged for the record.
      else if (scope === undefined || record !== undefined || (await isStaged(context, kind, id))) {
        changes.push({ action: "unchanged", kind, id })
      }
    }
  }
  return changes
}

/** Whether the run has staged something for a record: where it has not, an id out of scope is not staged (S18). */
async function isStaged(context: RunContext, kind: Kind, id: string): Promise<boolean> {
  await context.staging
  const runId = context.run.id
  const [entry] = await context.storage.listStaged({ runId, kind, after: idBefore(id), limit: 1 })
  return entry?.id === id
}

async function lookUp(context: RunContext, words: readonly LastWord[]): Promise<Map<string, StoredRecord>> {
  const idsByKind = new Map<Kind, string[]>()
  for (const { kind, id } of words) {
    if (id === undefined) continue
    const ids = idsByKind.get(kind)
    if (ids === undefined) idsByKind.set(kind, [id])
    else ids.push(id)
  }
  const found = new Map<string, StoredRecord>()
  for (const [kind, ids] of idsByKind) {
    const records = await context.storage.getRecords({ districtId: context.run.districtId, kind, ids })
    for (const record of records) found.set(`${kind} ${record.id}`, record)
  }
  return found
}

function idOf(text: string): string | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown }
    return typeof id === "string" && id !== "" ? id : undefined
  } catch {
    throw new HomeroomError("CLEVER_BODY_INVALID", { details: { kind: "event" } })
  }
}

/** The event's own time; failing that, the one in its ObjectID's first four bytes; failing that, never current. */
function eventTime(event: FeedEvent): string {
  const stated = event.created === undefined ? Number.NaN : Date.parse(event.created)
  if (!Number.isNaN(stated)) return new Date(stated).toISOString()
  const seconds = /^[0-9a-f]{24}$/i.test(event.id) ? Number.parseInt(event.id.slice(0, 8), 16) : 0
  return new Date(seconds * 1_000).toISOString()
}

import { HomeroomError } from "../errors/index.ts"
import { type Kind, kinds } from "../models/kinds.ts"
import type { FeedEvent } from "../models/record-page.ts"
import type { Cursor, StagedChange, StoredRecord } from "../storage/contract.ts"
import { compareFound, compareGone, foundFromText } from "./compare.ts"
import { checkpointOf, type RunContext, stagePage } from "./run-context.ts"

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
 * `onPage` is told how many events were read in all and may throw to end the reading.
 */
export async function applyEvents(
  context: RunContext,
  stage: "replaying" | "reading-events",
  onPage: (eventsRead: number) => void = () => {},
): Promise<void> {
  const { source, run, signal, pageSize, onRequest } = context
  const { districtId } = run
  const after = checkpointOf(run).cursor?.eventId
  if (after === undefined) return
  let eventsRead = 0
  let pages = 0
  for await (const page of source.eventPages({ districtId, after, pageSize, signal, onRequest })) {
    if (++pages > maxPages) throw new HomeroomError("CLEVER_PAGES_LOOP", { details: { kind: "event" } })
    eventsRead += page.events.length
    onPage(eventsRead)
    const { words, skipped } = foldEvents(page.events)
    const changes = await compareWords(context, words)
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
        cursor: last === undefined ? checkpoint.cursor : cursorAt(last, source.apiVersion),
      },
      changes,
    )
    context.report(stage, null)
  }
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
      if (id.startsWith("?")) changes.push({ action: "reject", kind, id, reason, path, data })
      else known.push({ kind, id, gone: false, text: data })
    }
    changes.push(...(await compareWords(context, known)))
    await stagePage(context, checkpointOf(context.run), changes)
    after = { kind: last.kind, id: last.id }
  }
}

/** The place in the feed just after an event. */
export function cursorAt(event: FeedEvent, apiVersion: Cursor["apiVersion"]): Cursor {
  return { eventId: event.id, at: eventTime(event), apiVersion }
}

/** Keeps each record's last event of a page: an event holds the whole record, so earlier ones say nothing more. */
function foldEvents(events: readonly FeedEvent[]): { words: LastWord[]; skipped: number } {
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
    const id = idOf(event.object)
    if (id === undefined) words.set(`event ${event.id}`, { kind, id, eventId: event.id, text: event.object })
    else if (verb === "deleted") words.set(`${kind} ${id}`, { kind, id, gone: true })
    else words.set(`${kind} ${id}`, { kind, id, gone: false, text: event.object })
  }
  return { words: [...words.values()], skipped }
}

async function compareWords(context: RunContext, words: readonly LastWord[]): Promise<StagedChange[]> {
  const { districtId } = context.run
  const changes: StagedChange[] = []
  for (let from = 0; from < words.length; from += lookupChunk) {
    const chunk = words.slice(from, from + lookupChunk)
    const stored = await lookUp(context, chunk)
    for (const word of chunk) {
      if (word.id === undefined) {
        const found = foundFromText(word.kind, undefined, word.text)
        const change = compareFound(found, undefined, {
          districtId,
          unidentified: () => `?event-${word.eventId}`,
        })
        if (change !== undefined) changes.push(change)
        continue
      }
      const { kind, id } = word
      const record = stored.get(`${kind} ${id}`)
      if (word.gone) {
        changes.push(compareGone(kind, id, record))
        continue
      }
      const change = compareFound(foundFromText(kind, id, word.text), record, {
        districtId,
        unidentified: () => id,
      })
      // Marked even if nothing changed: the marker takes the place of what a listing staged for the record.
      changes.push(change ?? { action: "unchanged", kind, id })
    }
  }
  return changes
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

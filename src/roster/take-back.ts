import { canonicalFingerprint, diffRecords, type RosterRecord, rawFingerprint } from "../models/index.ts"
import type { Kind } from "../models/kinds.ts"
import { recordKeys } from "../models/record-keys.ts"
import type { LoggedChange, RecordContent, StagedChange, StoredRecord } from "../storage/contract.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"

/**
 * Why a change is not taken back: the record changed since, is no longer stored, its log entry was purged, or what it was
 * before is kept no longer (S18).
 */
type NotTakenBack = "moved-on" | "not-stored" | "log-purged" | "out-of-scope"

/**
 * The change that takes a logged one back (S24), given the record as it is stored now: if that still is what the
 * logged change made of it. Else a rejection with the reason, and where the record differs; without a content, which
 * the log has.
 */
export function takeBack(
  change: LoggedChange,
  stored: StoredRecord | undefined,
  scope: CompiledScope | undefined,
): StagedChange {
  const { kind, id, action, before } = change
  const written = change.after ?? before
  if (stored === undefined) return leaveAlone(change, "not-stored")
  if (written === null) return leaveAlone(change, "log-purged")
  if (stored.state !== (action === "archive" ? "archived" : "active")) return leaveAlone(change, "moved-on")
  // What a refresh stored since means what was written (S11), as far as it is kept (S18).
  const within = (data: string) => scopedContent(kind, data, scope)?.record ?? {}
  const [moved] = stored.data === written ? [] : diffRecords(within(written), within(stored.data))
  if (moved !== undefined) return leaveAlone(change, "moved-on", moved.path)
  if (action === "create") return { action: "archive", kind, id }
  if (before === null) return leaveAlone(change, "log-purged")
  if (action === "restore" && before === stored.data) return { action: "archive", kind, id }
  const scoped = scopedContent(kind, before, scope)
  if (scoped === undefined) return leaveAlone(change, "out-of-scope")
  const content = contentOf(kind, scoped, scope)
  if (action === "restore") return { action: "archive", kind, id, content }
  return { action: action === "update" ? "update" : "restore", kind, id, ...content }
}

function leaveAlone({ kind, id }: LoggedChange, reason: NotTakenBack, path = ""): StagedChange {
  return { action: "reject", kind, id, reason, path, data: "null" }
}

interface ScopedContent {
  data: string
  record: RosterRecord
}

/** What is kept of a content; undefined if nothing is. */
function scopedContent(
  kind: Kind,
  data: string,
  scope: CompiledScope | undefined,
): ScopedContent | undefined {
  const record = parse(data)
  if (scope === undefined) return { data, record }
  const verdict = scope.judge(kind, record)
  if (verdict.state !== "in") return undefined
  return { data: verdict.text ?? data, record: verdict.value as RosterRecord }
}

function contentOf(
  kind: Kind,
  { data, record }: ScopedContent,
  scope: CompiledScope | undefined,
): RecordContent {
  const fingerprint = scope?.fingerprint ?? rawFingerprint
  return {
    data,
    raw: fingerprint(Buffer.from(data)),
    canonical: canonicalFingerprint(record),
    keys: recordKeys(kind, record),
  }
}

function parse(data: string): RosterRecord {
  return JSON.parse(data) as RosterRecord
}

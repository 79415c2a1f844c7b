import { canonicalFingerprint, diffRecords, type RosterRecord, rawFingerprint } from "../models/index.ts"
import type { Kind } from "../models/kinds.ts"
import { recordKeys } from "../models/record-keys.ts"
import type { LoggedChange, RecordContent, StagedChange, StoredRecord } from "../storage/contract.ts"

/** Why a change is not taken back: the record changed since, is no longer stored, or its log entry was purged. */
type NotTakenBack = "moved-on" | "not-stored" | "log-purged"

/**
 * The change that takes a logged one back (S24), given the record as it is stored now: if that still is what the
 * logged change made of it. Else a rejection with the reason, and where the record differs; without a content, which
 * the log has.
 */
export function takeBack(change: LoggedChange, stored: StoredRecord | undefined): StagedChange {
  const { kind, id, action, before } = change
  const written = change.after ?? before
  if (stored === undefined) return leaveAlone(change, "not-stored")
  if (written === null) return leaveAlone(change, "log-purged")
  if (stored.state !== (action === "archive" ? "archived" : "active")) return leaveAlone(change, "moved-on")
  // What a refresh stored since means what was written (S11).
  const [moved] = stored.data === written ? [] : diffRecords(parse(written), parse(stored.data))
  if (moved !== undefined) return leaveAlone(change, "moved-on", moved.path)
  if (action === "create") return { action: "archive", kind, id }
  if (before === null) return leaveAlone(change, "log-purged")
  if (action === "update") return { action: "update", kind, id, ...contentOf(kind, before) }
  if (action === "archive") return { action: "restore", kind, id, ...contentOf(kind, before) }
  if (before === stored.data) return { action: "archive", kind, id }
  return { action: "archive", kind, id, content: contentOf(kind, before) }
}

function leaveAlone({ kind, id }: LoggedChange, reason: NotTakenBack, path = ""): StagedChange {
  return { action: "reject", kind, id, reason, path, data: "null" }
}

function contentOf(kind: Kind, data: string): RecordContent {
  const record = parse(data)
  return {
    data,
    raw: rawFingerprint(Buffer.from(data)),
    canonical: canonicalFingerprint(record),
    keys: recordKeys(kind, record),
  }
}

function parse(data: string): RosterRecord {
  return JSON.parse(data) as RosterRecord
}

import { HomeroomError } from "../errors/index.ts"
import { canonicalFingerprint, isSameContent, rawFingerprint } from "../models/index.ts"
import type { Kind } from "../models/kinds.ts"
import { parseRecord } from "../models/parse-record.ts"
import { recordKeys } from "../models/record-keys.ts"
import type { StagedChange, StoredFingerprint } from "../storage/contract.ts"

/** A record as a listing or an event has it. */
export interface FoundRecord {
  kind: Kind
  /** Undefined where none could be read from the bytes. */
  id: string | undefined
  /** Fingerprint of the bytes as sent. */
  raw: string
  /** The record's JSON text; made only where it is needed. */
  text: () => string
}

/**
 * What a run has to do about a record that Clever has, given what is stored under its id; undefined where the
 * bytes are the same as ever.
 *
 * Only a record whose bytes changed is parsed, and only one whose content changed is validated (S9): what is
 * stored was valid. The same content with its keys in another order is nothing to store either (S11).
 */
export function compareFound(
  found: FoundRecord,
  stored: StoredFingerprint | undefined,
  options: { districtId: string; unidentified: () => string },
): StagedChange | undefined {
  const { kind, raw } = found
  if (stored?.raw === raw && stored.state === "active") return undefined
  const data = found.text()
  const value = parseText(data, kind)
  const canonical = canonicalFingerprint(value)
  if (stored?.canonical === canonical && stored.state === "active") return undefined
  const result = parseRecord(kind, value, { districtId: options.districtId })
  if (!result.ok) {
    const id = result.id ?? found.id ?? options.unidentified()
    return { action: "reject", kind, id, reason: result.reason, path: result.path, data }
  }
  const keys = recordKeys(kind, result.record)
  return { action: actionFor(stored, canonical), kind, id: result.record.id, data, raw, canonical, keys }
}

/** What a run has to do about a record that Clever no longer has. */
export function compareGone(kind: Kind, id: string, stored: StoredFingerprint | undefined): StagedChange {
  return { action: stored?.state === "active" ? "archive" : "unchanged", kind, id }
}

/** A found record from its JSON text, as events and earlier rejections have it. */
export function foundFromText(kind: Kind, id: string | undefined, text: string): FoundRecord {
  return { kind, id, raw: rawFingerprint(Buffer.from(text)), text: () => text }
}

function actionFor(
  stored: StoredFingerprint | undefined,
  canonical: string,
): "create" | "update" | "restore" | "refresh" {
  if (stored === undefined) return "create"
  if (stored.state === "archived") return "restore"
  return isSameContent(stored.canonical, canonical) ? "refresh" : "update"
}

function parseText(text: string, kind: Kind): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The cause would quote the text.
    throw new HomeroomError("CLEVER_BODY_INVALID", { details: { kind } })
  }
}

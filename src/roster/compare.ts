import { isOfThisSchema, isSameScope } from "../models/fingerprint.ts"
import { canonicalFingerprint, isSameContent, rawFingerprint } from "../models/index.ts"
import type { Kind } from "../models/kinds.ts"
import { parseRecord } from "../models/parse-record.ts"
import { RecordBytes, readRecord } from "../models/read-record.ts"
import { recordKeys } from "../models/record-keys.ts"
import type { RecordContent, StagedChange, StoredFingerprint } from "../storage/contract.ts"
import type { CompiledScope, ScopeVerdict } from "./scope/compiled-scope.ts"
import { noContent } from "./scope/scoped-rejection.ts"

/** A record as a listing or an event has it. */
export interface FoundRecord {
  kind: Kind
  /** Undefined where none could be read from the bytes. */
  id: string | undefined
  /** Fingerprint of the bytes as sent. */
  raw: string
  /** Where the bytes of the record's JSON text stand. */
  bytes: RecordBytes
  start: number
  end: number
}

/** What is stored, with its content where {@link needsContent} asks for it. */
export type StoredState = StoredFingerprint & { readonly data?: string | undefined }

export interface CompareOptions {
  districtId: string
  scope: CompiledScope | undefined
  unidentified: () => string
}

/**
 * What a run has to do about a record that Clever has, given what is stored under its id; undefined where the
 * bytes are the same as ever, and where the record is out of scope and not stored (S18).
 *
 * Only a record whose bytes changed is looked at, and only one whose content changed can be rejected (S9): what is
 * stored was valid. The same content with its keys in another order is nothing to store either (S11). What lies out
 * of scope goes before anything else looks at it: not even a rejection holds it.
 */
export function compareFound(
  found: FoundRecord,
  stored: StoredState | undefined,
  options: CompareOptions,
): StagedChange | undefined {
  const { kind, raw, bytes, start, end } = found
  const { scope, districtId } = options
  if (stored?.raw === raw && stored.state === "active") return undefined
  const data = bytes.bytes.toString("utf8", start, end)
  const reading =
    scope === undefined ? readRecord(kind, { bytes, start, end, text: data }, { districtId }) : undefined
  if (reading === undefined) return compareInFull(found, stored, { ...options, data })
  const { canonical, keys } = reading
  // Of two equal ones that which does not keep the record's text.
  const id = reading.id === found.id ? found.id : reading.id
  if (isAsStored(stored, { raw, canonical })) return undefined
  const action = actionFor({ kind, raw, canonical }, stored, scope)
  return new ContentChange(action, kind, { id, data, raw, canonical, keys })
}

/** The same of a record that is within a scope, or out of the ordinary: parsed, and looked at step by step. */
function compareInFull(
  found: FoundRecord,
  stored: StoredState | undefined,
  options: CompareOptions & { data: string },
): StagedChange | undefined {
  const { kind, raw } = found
  const { scope, districtId } = options
  let { data } = options
  let value = parsedOrNone(data)
  if (value === undefined) return notJson(found, stored, options)
  const verdict = scope?.judge(kind, value)
  if (verdict?.state === "out") return outOfScope(kind, stored)
  if (verdict?.state === "in") {
    value = verdict.value
    data = verdict.text ?? data
  }
  const canonical = canonicalFingerprint(value)
  if (isAsStored(stored, { raw, canonical })) return undefined
  const result = parseRecord(kind, value, { districtId })
  if (!result.ok) {
    const id = result.id ?? found.id ?? options.unidentified()
    const { reason, path } = result
    return { action: "reject", kind, id, reason, path, data: verdict?.state === "unknown" ? noContent : data }
  }
  if (verdict?.state === "unknown") return outOfScope(kind, stored)
  const { id } = result.record
  const keys = recordKeys(kind, result.record)
  const action = actionFor({ kind, raw, canonical }, stored, scope)
  return new ContentChange(action, kind, { id, data, raw, canonical, keys })
}

/**
 * A record whose text is no JSON, though its brackets match, is rejected alone (S9). Nothing of the text is kept: to look
 * at it again would help as little, and what of it is in scope can't be told (S18).
 */
function notJson(
  { kind, id }: FoundRecord,
  stored: StoredState | undefined,
  { scope, unidentified }: CompareOptions,
): StagedChange | undefined {
  if (scope !== undefined && !(scope.keepsKind(kind) && (id === undefined || !scope.excludes(id)))) {
    return outOfScope(kind, stored)
  }
  return { action: "reject", kind, id: id ?? unidentified(), reason: "not-json", path: "", data: noContent }
}

/** Stored within another scope, it gets the new fingerprint, or every later import would look at it again. */
function isAsStored(
  stored: StoredState | undefined,
  { raw, canonical }: { raw: string; canonical: string },
): boolean {
  return stored?.canonical === canonical && stored.state === "active" && isSameScope(stored.raw, raw)
}

/** A class for the reason that `Keys` in `record-keys.ts` is one. */
class ContentChange implements RecordContent {
  readonly action: "create" | "update" | "restore" | "refresh"
  readonly kind: Kind
  readonly id: string
  readonly data: string
  readonly raw: string
  readonly canonical: string
  readonly keys: RecordContent["keys"]

  constructor(action: ContentChange["action"], kind: Kind, content: RecordContent & { id: string }) {
    this.action = action
    this.kind = kind
    this.id = content.id
    this.data = content.data
    this.raw = content.raw
    this.canonical = content.canonical
    this.keys = content.keys
  }
}

/** What a run has to do about a record that Clever no longer has. */
export function compareGone(kind: Kind, id: string, stored: StoredFingerprint | undefined): StagedChange {
  return { action: stored?.state === "active" ? "archive" : "unchanged", kind, id }
}

/** A found record from its JSON text, as events and earlier rejections have it. */
export function foundFromText(
  kind: Kind,
  id: string | undefined,
  text: string,
  scope: CompiledScope | undefined,
): FoundRecord {
  const fingerprint = scope?.fingerprint ?? rawFingerprint
  const bytes = Buffer.from(text)
  return { kind, id, raw: fingerprint(bytes), bytes: new RecordBytes(bytes), start: 0, end: bytes.length }
}

/**
 * True if comparing takes what is stored itself, since its fingerprint is of another kind: the scope has changed since
 * (S18), or the rules that fingerprints are made by (S11).
 */
export function needsContent(
  stored: StoredFingerprint | undefined,
  raw: string,
  scope: CompiledScope | undefined,
): stored is StoredFingerprint {
  if (stored?.state !== "active") return false
  return !isOfThisSchema(stored.raw) || (scope !== undefined && !isSameScope(stored.raw, raw))
}

/** A record that leaves the scope is archived like one that is gone (S18). */
function outOfScope(kind: Kind, stored: StoredFingerprint | undefined): StagedChange | undefined {
  return stored?.state === "active" ? { action: "archive", kind, id: stored.id } : undefined
}

function actionFor(
  found: { kind: Kind; raw: string; canonical: string },
  stored: StoredState | undefined,
  scope: CompiledScope | undefined,
): "create" | "update" | "restore" | "refresh" {
  if (stored === undefined) return "create"
  if (stored.state === "archived") return "restore"
  if (isSameContent(stored.canonical, found.canonical)) return "refresh"
  if (!needsContent(stored, found.raw, scope) || stored.data === undefined) return "update"
  // That a narrower scope leaves fields out is no change of Clever's, and no entry of a log that would show them; nor
  // is it one that records are compared by other rules than before.
  const content: unknown = JSON.parse(stored.data)
  const former: ScopeVerdict = scope?.judge(found.kind, content) ?? {
    state: "in",
    value: content,
    text: undefined,
  }
  const isNoChange =
    former.state === "in" && isSameContent(canonicalFingerprint(former.value), found.canonical)
  return isNoChange ? "refresh" : "update"
}

/** Undefined, which no JSON says, where the text is none. */
function parsedOrNone(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

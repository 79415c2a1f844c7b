import type * as z from "zod"
import { HomeroomError } from "../errors/index.ts"
import { idPattern, type Kind, type RecordPage, type Resource } from "../models/index.ts"
import { parseRecord } from "../models/parse-record.ts"
import { resourceSchema } from "../models/resource.ts"
import { bodyInvalid } from "./byte-lexer.ts"
import type { ListedByKind, ListedKind } from "./list-paths.ts"

/** A record that was left out of a list because it failed validation (S9). */
export interface RejectedRecord {
  readonly kind: ListedKind
  readonly id: string | null
  /** As `parseRecord` gives it; no part of the record's data. */
  readonly reason: string
  /** As in `roles.student.schools[0]`. */
  readonly path: string
}

export interface ReadRecordsOptions<K extends ListedKind> {
  readonly kind: K
  readonly districtId: string
  readonly onRejected?: ((rejected: RejectedRecord) => void) | undefined
}

/** The page's records, parsed and validated one by one. */
export function* readRecords<K extends ListedKind>(
  page: RecordPage,
  options: ReadRecordsOptions<K>,
): Generator<ListedByKind[K], void, void> {
  const bytes = Buffer.from(page.body.buffer, page.body.byteOffset, page.body.length)
  for (let index = 0; index < page.count; index++) {
    const start = page.starts[index] ?? 0
    const value = parseSlice(bytes.toString("utf8", start, page.ends[index] ?? 0), start)
    const record = readRecord(value, options)
    if (record !== undefined) yield record
  }
}

/** One record, validated; undefined if it failed and `onRejected` was told. */
export function readRecord<K extends ListedKind>(
  value: unknown,
  options: ReadRecordsOptions<K>,
): ListedByKind[K] | undefined {
  const { kind, districtId, onRejected } = options
  const result =
    kind === "resource" ? parseResource(value, districtId) : parseRecord(kind as Kind, value, { districtId })
  if (result.ok) return result.record as ListedByKind[K]
  const { id, reason, path } = result
  if (onRejected === undefined) {
    throw new HomeroomError("CLEVER_BODY_INVALID", {
      message: `A ${kind} that Clever sent is not as it should be (${reason} at "${path}").`,
      details: { kind, id, reason, path },
    })
  }
  onRejected({ kind, id, reason, path })
  return undefined
}

function parseResource(
  value: unknown,
  districtId: string,
): { ok: true; record: Resource } | { ok: false; id: string | null; reason: string; path: string } {
  const parsed: z.ZodSafeParseResult<Resource> = resourceSchema.safeParse(value)
  if (!parsed.success)
    return { ok: false, id: null, reason: "type", path: parsed.error.issues[0]?.path.join(".") ?? "" }
  const record = value as Resource
  if (!idPattern.test(record.id)) return { ok: false, id: null, reason: "id-invalid", path: "id" }
  if (record.district && record.district !== districtId) {
    return { ok: false, id: record.id, reason: "district-mismatch", path: "district" }
  }
  return { ok: true, record }
}

function parseSlice(text: string, offset: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The cause is left out: its message quotes the record.
    throw bodyInvalid("a record is no JSON", offset)
  }
}

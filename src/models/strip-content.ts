import { canonicalFingerprint, rawFingerprintLike } from "./fingerprint.ts"
import type { Kind } from "./kinds.ts"
import { parseRecord } from "./parse-record.ts"
import { type FoundBy, recordKeys } from "./record-keys.ts"
import { stripReferences } from "./strip-references.ts"

/** A record's content as a storage keeps it. */
export interface StrippedContent {
  data: string
  raw: string
  canonical: string
  keys: FoundBy
}

const noKeys: FoundBy = { roles: [], schools: [], sisIds: [], people: [] }

/**
 * A stored content without the mentions of an id; undefined if it has none. It counts as what Clever would have sent
 * without them, so that an import finds nothing new in it unless Clever still sends the id; and as kept within the same
 * scope as before (S18).
 */
export function stripContent(
  kind: Kind,
  { data, raw }: { data: string; raw: string },
  { id, districtId }: { id: string; districtId: string },
): StrippedContent | undefined {
  const stripped = stripReferences(data, id)
  if (stripped === undefined) return undefined
  const value = JSON.parse(stripped) as unknown
  const result = parseRecord(kind, value, { districtId })
  // Stored by an older Homeroom and no longer valid: without fingerprints the next import looks at it anew.
  if (!result.ok) return { data: stripped, raw: "", canonical: "", keys: noKeys }
  return {
    data: stripped,
    raw: rawFingerprintLike(raw, Buffer.from(stripped)),
    canonical: canonicalFingerprint(value),
    keys: recordKeys(kind, result.record),
  }
}

import { hash } from "node:crypto"
import { canonicalBytes } from "./canonical-json.ts"

/**
 * Counts up whenever the schemas or the canonical form change, so that every stored record is looked at once
 * more by the new rules.
 */
export const schemaVersion: number = 1

const version = schemaVersion.toString(36)

/**
 * A short name of the bytes in which Clever sent a record: the same bytes give the same name.
 *
 * The schema version and 128 bits of SHA-256, as 23 characters. Under 1 µs for a record of 900 bytes.
 */
export function rawFingerprint(bytes: Uint8Array): string {
  return version + hash("sha256", bytes, "base64url").slice(0, 22)
}

/** A short name of a record's canonical form: the same content gives the same name. Form as `rawFingerprint`. */
export function canonicalFingerprint(record: unknown): string {
  return rawFingerprint(canonicalBytes(record))
}

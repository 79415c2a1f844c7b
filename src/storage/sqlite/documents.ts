import type { DocumentQuery, DocumentWrite, StoredDocument } from "../contract.ts"
import { documentOf } from "../sql/rows.ts"
import type { Statements } from "./statements.ts"

// Each function runs inside the caller's transaction: the writing ones in a write transaction.

export function getDocument(
  statements: Statements,
  collection: string,
  key: string,
): StoredDocument | undefined {
  const row = statements.get(
    "SELECT * FROM homeroom_documents WHERE collection = ? AND key = ?",
    collection,
    key,
  )
  return row === undefined ? undefined : documentOf(row)
}

export function listDocuments(
  statements: Statements,
  { collection, districtId, prefix = "", after = "", limit }: DocumentQuery,
): StoredDocument[] {
  // One lower bound alone: of two SQLite may walk from the one further back.
  const isAfter = after >= prefix
  // Left to itself it walks through the whole collection for the few of one district.
  const index = districtId === undefined ? "" : "INDEXED BY homeroom_documents_by_district"
  return statements
    .all(
      `SELECT * FROM homeroom_documents ${index}
       WHERE collection = ? AND key ${isAfter ? ">" : ">="} ? AND key < ?
         ${districtId === undefined ? "" : "AND district_id = ?"}
       ORDER BY key LIMIT ?`,
      collection,
      isAfter ? after : prefix,
      `${prefix}\u{10ffff}`,
      ...(districtId === undefined ? [] : [districtId]),
      limit,
    )
    .map(documentOf)
}

/** All of the writes, or none if one of them expects another revision. */
export function writeDocuments(statements: Statements, writes: readonly DocumentWrite[]): boolean {
  const revisions = new Map<string, number>()
  for (const write of writes) {
    const place = JSON.stringify([write.collection, write.key])
    const revision = revisions.get(place) ?? revisionOf(statements, write)
    if (write.expect !== undefined && write.expect !== revision) return false
    revisions.set(place, "delete" in write ? 0 : revision + 1)
  }
  putDocuments(statements, writes)
  return true
}

/** The same whatever the writes expect. */
export function putDocuments(statements: Statements, writes: readonly DocumentWrite[]): void {
  for (const write of writes) {
    const { collection, key } = write
    if ("delete" in write) {
      statements.run("DELETE FROM homeroom_documents WHERE collection = ? AND key = ?", collection, key)
      continue
    }
    statements.run(
      `INSERT INTO homeroom_documents (collection, key, district_id, subjects, revision, value)
       VALUES (?, ?, ?, ?, 1, ?)
       ON CONFLICT (collection, key) DO UPDATE SET district_id = excluded.district_id,
         subjects = excluded.subjects, revision = revision + 1, value = excluded.value`,
      collection,
      key,
      write.districtId,
      JSON.stringify(write.subjects ?? []),
      JSON.stringify(write.value ?? null),
    )
  }
}

function revisionOf(statements: Statements, { collection, key }: DocumentWrite): number {
  const row = statements.get(
    "SELECT revision FROM homeroom_documents WHERE collection = ? AND key = ?",
    collection,
    key,
  )
  return Number(row?.revision ?? 0)
}

import type { DocumentQuery, DocumentWrite, StoredDocument } from "../contract.ts"
import { documentOf } from "../sql/rows.ts"
import { lockTexts } from "./database.ts"
import type { Sql, Value } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one: the writing ones need it.

export async function getDocument(
  sql: Sql,
  collection: string,
  key: string,
): Promise<StoredDocument | undefined> {
  const row = await sql.get(
    "SELECT * FROM homeroom.documents WHERE collection = $1 AND key = $2",
    collection,
    key,
  )
  return row === undefined ? undefined : documentOf(row)
}

export async function listDocuments(
  sql: Sql,
  { collection, districtId, prefix = "", after = "", limit }: DocumentQuery,
): Promise<StoredDocument[]> {
  const values: Value[] = [collection, after, prefix, `${prefix}\u{10ffff}`, limit]
  const ofDistrict = districtId === undefined ? "" : `AND district_id = $${values.push(districtId)}`
  const rows = await sql.all(
    `SELECT * FROM homeroom.documents
     WHERE collection = $1 AND key > $2 AND key >= $3 AND key < $4 ${ofDistrict} ORDER BY key LIMIT $5`,
    ...values,
  )
  return rows.map(documentOf)
}

/** All of the writes, or none if one of them expects another revision. */
export async function writeDocuments(sql: Sql, writes: readonly DocumentWrite[]): Promise<boolean> {
  await lockDocuments(sql, writes)
  const revisions = new Map<string, number>()
  for (const write of writes) {
    const place = placeOf(write)
    const revision = revisions.get(place) ?? (await revisionOf(sql, write))
    if (write.expect !== undefined && write.expect !== revision) return false
    revisions.set(place, "delete" in write ? 0 : revision + 1)
  }
  await applyWrites(sql, writes)
  return true
}

/** The same whatever the writes expect. */
export async function putDocuments(sql: Sql, writes: readonly DocumentWrite[]): Promise<void> {
  await lockDocuments(sql, writes)
  await applyWrites(sql, writes)
}

/** Who writes the same documents waits: a document that is not there yet has no row that could be locked. */
async function lockDocuments(sql: Sql, writes: readonly DocumentWrite[]): Promise<void> {
  if (writes.length === 0) return
  await lockTexts(
    sql,
    writes.map((write) => `document ${placeOf(write)}`),
  )
}

async function applyWrites(sql: Sql, writes: readonly DocumentWrite[]): Promise<void> {
  for (const write of writes) {
    const { collection, key } = write
    if ("delete" in write) {
      await sql.run("DELETE FROM homeroom.documents WHERE collection = $1 AND key = $2", collection, key)
      continue
    }
    await sql.run(
      `INSERT INTO homeroom.documents AS known (collection, key, district_id, subjects, revision, value)
       VALUES ($1, $2, $3, $4, 1, $5)
       ON CONFLICT (collection, key) DO UPDATE SET district_id = excluded.district_id,
         subjects = excluded.subjects, revision = known.revision + 1, value = excluded.value`,
      collection,
      key,
      write.districtId,
      JSON.stringify(write.subjects ?? []),
      JSON.stringify(write.value ?? null),
    )
  }
}

async function revisionOf(sql: Sql, { collection, key }: DocumentWrite): Promise<number> {
  const row = await sql.get(
    "SELECT revision FROM homeroom.documents WHERE collection = $1 AND key = $2",
    collection,
    key,
  )
  return Number(row?.revision ?? 0)
}

function placeOf({ collection, key }: DocumentWrite): string {
  return JSON.stringify([collection, key])
}

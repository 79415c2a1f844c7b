import { hideReferences } from "../../models/hide-references.ts"
import type { Kind } from "../../models/kinds.ts"
import { Mention } from "../../models/mention.ts"
import { hideInRun } from "../adapter/hide-in-run.ts"
import type { DistrictHead, ErasureCounts, ErasureSelection, Lease } from "../contract.ts"
import { kindCode } from "../sql/codes.ts"
import { dropStaged } from "./commit.ts"
import { mayHoldSql } from "./may-hold.ts"
import { checkFence } from "./runs.ts"
import type { Sql } from "./sql.ts"
import { forgetStagedCounts } from "./staged-counts.ts"
import { stripContents } from "./strip-contents.ts"

// Each function runs inside the caller's transaction.

/** A record that is erased, and where from. */
export interface ErasedRecord {
  /** The district's number, and its Clever id. */
  readonly district: number
  readonly districtId: string
  readonly kind: Kind
  readonly id: string
}

/** The tables that an erasure or a purge takes rows out of, the largest first. */
export const emptiedTables: readonly string[] = [
  "changes",
  "records",
  "runs",
  "documents",
  "overrides",
  "links",
  "login_keys",
  "connections",
  "districts",
  "staging",
]

export async function erase(sql: Sql, lease: Lease, selection: ErasureSelection): Promise<ErasureCounts> {
  const { districtId, kind, id } = selection
  const district = await checkFence(sql, lease, selection)
  return kind === undefined
    ? eraseDistrict(sql, { district, districtId })
    : eraseRecord(sql, { district, districtId, kind, id })
}

/** Removes a record with all that tells of it, and every mention of its id in what tells of others. */
async function eraseRecord(sql: Sql, record: ErasedRecord): Promise<ErasureCounts> {
  const counts = noCounts()
  await forgetStagedCounts(sql, record.district)
  const wasStored = await removeRecord(sql, record)
  if (wasStored) counts.records++
  counts.contents += await removeContents(sql, record)
  const wasMentioned = await stripContents(sql, record, counts)
  await hideInRuns(sql, record)
  await hideInSteps(sql, record)
  await removeOverrides(sql, record, counts)
  await removeDocuments(sql, record, counts)
  if (record.kind === "user") counts.logins += await removeLogins(sql, record.id)
  // Plans made before no longer fit (S16), and whoever reads the roster by its version sees that it is another.
  if (wasStored || wasMentioned) {
    await sql.run("UPDATE homeroom.districts SET version = version + 1 WHERE key = $1", record.district)
  }
  return counts
}

/** Removes a district with everything that is its own. No later lease of it has a fence as low as any before. */
async function eraseDistrict(
  sql: Sql,
  { district, districtId }: { district: number; districtId: string },
): Promise<ErasureCounts> {
  const counts = noCounts()
  const remove = (table: string, condition: string, key: string | number) =>
    sql.run(`DELETE FROM homeroom.${table} WHERE ${condition}`, key)
  const ofRuns = "run IN (SELECT key FROM homeroom.runs WHERE district = $1)"
  counts.records = await remove("records", "district = $1", district)
  const contents = await sql.get(
    `SELECT count(*) AS count FROM homeroom.changes WHERE ${ofRuns} AND data IS NOT NULL`,
    district,
  )
  counts.contents = Number(contents?.count)
  await remove("changes", ofRuns, district)
  counts.runs = await remove("runs", "district = $1", district)
  counts.documents = await remove("overrides", "district = $1", district)
  counts.documents += await remove("documents", "district_id = $1", districtId)
  await remove("connections", "district_id = $1", districtId)
  counts.logins = await remove("links", "district_id = $1", districtId)
  counts.logins += await remove("login_keys", "$1 = ANY(subjects)", `district:${districtId}`)
  await removeDocuments(sql, { district, districtId, kind: "district", id: districtId }, counts)
  // S21: a writer that is still alive, with the fence of a lease of then, must find it too low for ever.
  await sql.run(
    `UPDATE homeroom.fence_floor f SET fence = greatest(f.fence, d.fence) FROM homeroom.districts d WHERE d.key = $1`,
    district,
  )
  await remove("districts", "key = $1", district)
  return counts
}

function noCounts(): ErasureCounts {
  return { records: 0, contents: 0, mentions: 0, documents: 0, logins: 0, runs: 0 }
}

/** True if it was in the roster. */
async function removeRecord(sql: Sql, { district, kind, id }: ErasedRecord): Promise<boolean> {
  const row = await sql.get(
    "DELETE FROM homeroom.records WHERE district = $1 AND kind = $2 AND id = $3 RETURNING active",
    district,
    kindCode(kind),
    id,
  )
  if (row === undefined) return false
  const isActive = row.active === true
  await subtractFromCounts(sql, district, kind, { active: isActive ? 1 : 0, archived: isActive ? 0 : 1 })
  return true
}

/** Takes records that are gone off the district's counts. */
export async function subtractFromCounts(
  sql: Sql,
  district: number,
  kind: Kind,
  gone: { active: number; archived: number },
): Promise<void> {
  const row = await sql.get("SELECT counts FROM homeroom.districts WHERE key = $1", district)
  const counts = JSON.parse(String(row?.counts)) as DistrictHead["counts"]
  const { active, archived } = counts[kind] ?? { active: 0, archived: 0 }
  counts[kind] = { active: active - gone.active, archived: archived - gone.archived }
  if (counts[kind].active === 0 && counts[kind].archived === 0) delete counts[kind]
  await sql.run("UPDATE homeroom.districts SET counts = $2 WHERE key = $1", district, JSON.stringify(counts))
}

/** How many contents the record had in plans and logs. */
async function removeContents(sql: Sql, { district, kind, id }: ErasedRecord): Promise<number> {
  const row = await sql.get(
    `WITH gone AS (
       DELETE FROM homeroom.changes
       WHERE run IN (SELECT key FROM homeroom.runs WHERE district = $1) AND kind = $2 AND id = $3 RETURNING data)
     SELECT count(data) AS count FROM gone`,
    district,
    kindCode(kind),
    id,
  )
  return Number(row?.count)
}

async function hideInRuns(sql: Sql, { district, id }: ErasedRecord): Promise<void> {
  const rows = await sql.all(
    `SELECT key, document FROM homeroom.runs WHERE district = $1 AND ${mayHoldSql("document", "$2")}`,
    district,
    id,
  )
  for (const row of rows) {
    const hidden = hideInRun(String(row.document), id)
    if (hidden === undefined) continue
    if (hidden.startsOver) await dropStaged(sql, Number(row.key))
    await sql.run("UPDATE homeroom.runs SET document = $2 WHERE key = $1", Number(row.key), hidden.document)
  }
}

/** Who took a connection's steps may have been a user of the app who is named by the same id. */
async function hideInSteps(sql: Sql, { districtId, id }: ErasedRecord): Promise<void> {
  const row = await sql.get("SELECT steps FROM homeroom.connections WHERE district_id = $1", districtId)
  const hidden = row === undefined ? undefined : hideReferences(String(row.steps), id)
  if (hidden === undefined) return
  await sql.run("UPDATE homeroom.connections SET steps = $2 WHERE district_id = $1", districtId, hidden)
}

async function removeOverrides(
  sql: Sql,
  { district, kind, id }: ErasedRecord,
  counts: ErasureCounts,
): Promise<void> {
  counts.documents += await sql.run(
    "DELETE FROM homeroom.overrides WHERE district = $1 AND kind = $2 AND id = $3",
    district,
    kindCode(kind),
    id,
  )
  const others = await sql.all(
    `SELECT kind, id, path, value, set_by FROM homeroom.overrides
     WHERE district = $1 AND (${mayHoldSql("value", "$2")} OR strpos(set_by, $2) > 0)`,
    district,
    id,
  )
  const mention = new Mention(id)
  const where = "district = $1 AND kind = $2 AND id = $3 AND path = $4"
  for (const row of others) {
    const place = [district, Number(row.kind), String(row.id), String(row.path)] as const
    if (hideReferences(String(row.value), id) !== undefined) {
      counts.documents += await sql.run(`DELETE FROM homeroom.overrides WHERE ${where}`, ...place)
    } else if (mention.isIn(String(row.set_by))) {
      const by = mention.hideIn(String(row.set_by))
      await sql.run(`UPDATE homeroom.overrides SET set_by = $5 WHERE ${where}`, ...place, by)
      counts.mentions++
    }
  }
}

/** Removes the documents that tell of the id, and hides it in others; those of other districts are not looked at. */
async function removeDocuments(
  sql: Sql,
  { districtId, id }: ErasedRecord,
  counts: ErasureCounts,
): Promise<void> {
  const rows = await sql.all(
    `SELECT collection, key, subjects, value FROM homeroom.documents
     WHERE (district_id = $1 OR district_id IS NULL)
       AND (strpos(key, $2) > 0 OR strpos(subjects, $2) > 0 OR ${mayHoldSql("value", "$2")})
     ORDER BY collection, key FOR UPDATE`,
    districtId,
    id,
  )
  const mention = new Mention(id)
  for (const row of rows) {
    const place = [String(row.collection), String(row.key)] as const
    if (mention.isIn(String(row.key)) || mention.isIn(String(row.subjects))) {
      counts.documents += await sql.run(
        "DELETE FROM homeroom.documents WHERE collection = $1 AND key = $2",
        ...place,
      )
      continue
    }
    const hidden = hideReferences(String(row.value), id)
    if (hidden === undefined) continue
    await sql.run(
      "UPDATE homeroom.documents SET value = $3, revision = revision + 1 WHERE collection = $1 AND key = $2",
      ...place,
      hidden,
    )
    counts.mentions++
  }
}

/** Session epochs stay: they name nobody, and keep sessions ended that only a browser holds (R37, R55). */
async function removeLogins(sql: Sql, id: string): Promise<number> {
  const links = await sql.run("DELETE FROM homeroom.links WHERE clever_id = $1", id)
  const keys = await sql.run(
    `DELETE FROM homeroom.login_keys WHERE EXISTS (
       SELECT 1 FROM unnest(subjects) AS subject
       WHERE starts_with(subject, 'user:') AND right(subject, length($1) + 1) = ':' || $1)`,
    id,
  )
  return links + keys
}

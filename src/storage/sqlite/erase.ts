import { hideReferences } from "../../models/hide-references.ts"
import type { Kind } from "../../models/kinds.ts"
import { Mention } from "../../models/mention.ts"
import { stripContent } from "../../models/strip-content.ts"
import { stripReferences } from "../../models/strip-references.ts"
import { hideInRun } from "../adapter/hide-in-run.ts"
import type { ErasureCounts } from "../contract.ts"
import { actionCode, kindCode, kindOf } from "../sql/codes.ts"
import { dropAllStaged } from "./commit.ts"
import { subtractFromCounts } from "./district-counts.ts"
import { mergeLookups } from "./lookup-table.ts"
import { lookupWords } from "./lookup-word.ts"
import type { Statements } from "./statements.ts"

// Each function runs inside the caller's write transaction.

/** A record that is erased, and where from. */
export interface ErasedRecord {
  /** The district's key, and its Clever id. */
  readonly district: number
  readonly districtId: string
  readonly kind: Kind
  readonly id: string
}

/** Nothing obliges a JSON text to write letters and digits as they are: what has such an escape is looked into. */
const escapedAscii = "*\\u00[2-7]*"

/** Removes a record with all that tells of it, and every mention of its id in what tells of others. */
export function eraseRecord(writer: Statements, record: ErasedRecord): ErasureCounts {
  const counts = noCounts()
  const wasStored = removeRecord(writer, record)
  if (wasStored) counts.records++
  counts.contents += removeContents(writer, record)
  const wasMentioned = stripContents(writer, record, counts)
  hideInRuns(writer, record)
  hideInSteps(writer, record)
  removeOverrides(writer, record, counts)
  removeDocuments(writer, record, counts)
  if (record.kind === "user") counts.logins += removeLogins(writer, record.id)
  // Plans made before no longer fit (S16), and whoever reads the roster by its version sees that it is another.
  if (wasStored || wasMentioned) {
    writer.run("UPDATE homeroom_districts SET version = version + 1 WHERE key = ?", record.district)
  }
  mergeLookups(writer)
  return counts
}

/** Removes a district with everything that is its own. No later lease of it has a fence as low as any before. */
export function eraseDistrict(
  writer: Statements,
  { district, districtId }: { district: number; districtId: string },
): ErasureCounts {
  const counts = noCounts()
  const remove = (table: string, condition: string, key: string | number) =>
    writer.run(`DELETE FROM ${table} WHERE ${condition}`, key).changes
  counts.records = remove("homeroom_records", "district = ?", district)
  counts.contents = Number(writer.get(`SELECT count(*) AS count ${contentsSql}`, district)?.count)
  remove("homeroom_lookup", `rowid IN (SELECT c.key ${contentsSql})`, district)
  remove("homeroom_changes", "run IN (SELECT key FROM homeroom_runs WHERE district = ?)", district)
  counts.runs = remove("homeroom_runs", "district = ?", district)
  counts.documents = remove("homeroom_overrides", "district = ?", district)
  counts.documents += remove("homeroom_documents", "district_id = ?", districtId)
  remove("homeroom_connections", "district_id = ?", districtId)
  counts.logins = remove("homeroom_links", "district_id = ?", districtId)
  counts.logins += remove(
    "homeroom_login_keys",
    "EXISTS (SELECT 1 FROM json_each(subjects) WHERE value = ?)",
    `district:${districtId}`,
  )
  removeDocuments(writer, { district, districtId, kind: "district", id: districtId }, counts)
  // S21: a writer that is still alive, with the fence of a lease of then, must find it too low for ever.
  writer.run(
    "UPDATE homeroom_fence_floor SET fence = max(fence, (SELECT fence FROM homeroom_districts WHERE key = ?))",
    district,
  )
  remove("homeroom_districts", "key = ?", district)
  mergeLookups(writer)
  return counts
}

const contentsSql = `
FROM homeroom_runs run CROSS JOIN homeroom_changes c ON c.run = run.key
WHERE run.district = ? AND c.data IS NOT NULL`

function noCounts(): ErasureCounts {
  return { records: 0, contents: 0, mentions: 0, documents: 0, logins: 0, runs: 0 }
}

/** True if it was in the roster. */
function removeRecord(writer: Statements, { district, kind, id }: ErasedRecord): boolean {
  const row = writer.get(
    "DELETE FROM homeroom_records WHERE district = ? AND kind = ? AND id = ? RETURNING active",
    district,
    kindCode(kind),
    id,
  )
  if (row === undefined) return false
  subtractFromCounts(writer, district, kind, { active: Number(row.active), archived: 1 - Number(row.active) })
  return true
}

/** How many contents the record had in plans and logs. */
function removeContents(writer: Statements, { district, kind, id }: ErasedRecord): number {
  const rows = writer.all(
    `SELECT c.key, c.data IS NOT NULL AS has_content
     FROM homeroom_runs run CROSS JOIN homeroom_changes c ON c.run = run.key AND c.kind = ? AND c.id = ?
     WHERE run.district = ?`,
    kindCode(kind),
    id,
    district,
  )
  for (const { key } of rows) removeChange(writer, Number(key))
  return rows.reduce((sum, row) => sum + Number(row.has_content), 0)
}

function removeChange(writer: Statements, key: number): void {
  writer.run("DELETE FROM homeroom_lookup WHERE rowid = ?", key)
  writer.run("DELETE FROM homeroom_changes WHERE key = ?", key)
}

/** Rewrites the contents of others that mention the id; true if one of them is in the roster. */
function stripContents(
  writer: Statements,
  { district, districtId, id }: ErasedRecord,
  counts: ErasureCounts,
): boolean {
  let isInRoster = false
  const rows = writer.all(
    `SELECT c.key FROM homeroom_runs run CROSS JOIN homeroom_changes c ON c.run = run.key
     WHERE run.district = ? AND (instr(c.data, ?) > 0 OR c.data GLOB ?)`,
    district,
    id,
    escapedAscii,
  )
  for (const { key } of rows) {
    const row = writer.get(
      "SELECT kind, id, action, raw, data FROM homeroom_changes WHERE key = ?",
      key ?? null,
    )
    const data = String(row?.data)
    if (row?.action === actionCode("reject")) {
      const stripped = stripReferences(data, id)
      if (stripped === undefined) continue
      // A rejected record without an id that mentions this one may well be the same person.
      if (String(row.id).startsWith("?")) {
        removeChange(writer, Number(key))
        counts.contents++
        continue
      }
      writer.run("UPDATE homeroom_changes SET data = ? WHERE key = ?", stripped, key ?? null)
    } else {
      const stripped = stripContent(kindOf(row?.kind), { data, raw: String(row?.raw) }, { id, districtId })
      if (stripped === undefined) continue
      isInRoster = writeStripped(writer, Number(key), stripped) || isInRoster
    }
    counts.mentions++
  }
  return isInRoster
}

/** True if it is a content of the roster, and not of its past. */
function writeStripped(
  writer: Statements,
  key: number,
  { data, raw, canonical, keys }: NonNullable<ReturnType<typeof stripContent>>,
): boolean {
  writer.run(
    "UPDATE homeroom_changes SET data = ?, raw = ?, canonical = ? WHERE key = ?",
    data,
    raw,
    canonical,
    key,
  )
  writer.run("DELETE FROM homeroom_lookup WHERE rowid = ?", key)
  const { people, schools, roles, sisIds } = keys
  const words = [people, schools, roles, sisIds].map(lookupWords)
  if (words.join("") !== "") {
    writer.run(
      "INSERT INTO homeroom_lookup (rowid, person, school, role, sis_id) VALUES (?, ?, ?, ?, ?)",
      key,
      ...words,
    )
  }
  const { changes } = writer.run(
    "UPDATE homeroom_records SET raw = ?, canonical = ? WHERE content = ?",
    raw,
    canonical,
    key,
  )
  return changes > 0
}

function hideInRuns(writer: Statements, { district, id }: ErasedRecord): void {
  const rows = writer.all(
    "SELECT key, document FROM homeroom_runs WHERE district = ? AND (instr(document, ?) > 0 OR document GLOB ?)",
    district,
    id,
    escapedAscii,
  )
  for (const row of rows) {
    const hidden = hideInRun(String(row.document), id)
    if (hidden === undefined) continue
    if (hidden.startsOver) dropAllStaged(writer, Number(row.key))
    writer.run("UPDATE homeroom_runs SET document = ? WHERE key = ?", hidden.document, Number(row.key))
  }
}

/** Who took a connection's steps may have been a user of the app who is named by the same id. */
function hideInSteps(writer: Statements, { districtId, id }: ErasedRecord): void {
  const row = writer.get("SELECT steps FROM homeroom_connections WHERE district_id = ?", districtId)
  const hidden = row === undefined ? undefined : hideReferences(String(row.steps), id)
  if (hidden === undefined) return
  writer.run("UPDATE homeroom_connections SET steps = ? WHERE district_id = ?", hidden, districtId)
}

function removeOverrides(
  writer: Statements,
  { district, kind, id }: ErasedRecord,
  counts: ErasureCounts,
): void {
  counts.documents += writer.run(
    "DELETE FROM homeroom_overrides WHERE district = ? AND kind = ? AND id = ?",
    district,
    kindCode(kind),
    id,
  ).changes
  const others = writer.all(
    `SELECT kind, id, path, value, set_by FROM homeroom_overrides
     WHERE district = ? AND (instr(value, ?) > 0 OR value GLOB ? OR instr(set_by, ?) > 0)`,
    district,
    id,
    escapedAscii,
    id,
  )
  const mention = new Mention(id)
  for (const row of others) {
    const place = [district, row.kind ?? null, row.id ?? null, row.path ?? null] as const
    const where = "district = ? AND kind = ? AND id = ? AND path = ?"
    if (hideReferences(String(row.value), id) !== undefined) {
      counts.documents += writer.run(`DELETE FROM homeroom_overrides WHERE ${where}`, ...place).changes
    } else if (mention.isIn(String(row.set_by))) {
      const by = mention.hideIn(String(row.set_by))
      writer.run(`UPDATE homeroom_overrides SET set_by = ? WHERE ${where}`, by, ...place)
      counts.mentions++
    }
  }
}

/** Removes the documents that tell of the id, and hides it in others; those of other districts are not looked at. */
function removeDocuments(writer: Statements, { districtId, id }: ErasedRecord, counts: ErasureCounts): void {
  const rows = writer.all(
    `SELECT collection, key, subjects, value FROM homeroom_documents
     WHERE (district_id = ? OR district_id IS NULL)
       AND (instr(key, ?) > 0 OR instr(subjects, ?) > 0 OR instr(value, ?) > 0 OR value GLOB ?)`,
    districtId,
    id,
    id,
    id,
    escapedAscii,
  )
  const mention = new Mention(id)
  for (const row of rows) {
    const place = [String(row.collection), String(row.key)] as const
    if (mention.isIn(String(row.key)) || mention.isIn(String(row.subjects))) {
      counts.documents += writer.run(
        "DELETE FROM homeroom_documents WHERE collection = ? AND key = ?",
        ...place,
      ).changes
      continue
    }
    const hidden = hideReferences(String(row.value), id)
    if (hidden === undefined) continue
    writer.run(
      "UPDATE homeroom_documents SET value = ?, revision = revision + 1 WHERE collection = ? AND key = ?",
      hidden,
      ...place,
    )
    counts.mentions++
  }
}

/** Session epochs stay: they name nobody, and keep sessions ended that only a browser holds (R37, R55). */
function removeLogins(writer: Statements, id: string): number {
  const links = writer.run("DELETE FROM homeroom_links WHERE clever_id = ?", id).changes
  const keys = writer.run(
    `DELETE FROM homeroom_login_keys WHERE EXISTS
       (SELECT 1 FROM json_each(subjects) WHERE value GLOB 'user:*' AND substr(value, -length(?)) = ':' || ?)`,
    `:${id}`,
    id,
  ).changes
  return links + keys
}

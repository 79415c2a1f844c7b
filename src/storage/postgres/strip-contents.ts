import { stripContent } from "../../models/strip-content.ts"
import { stripReferences } from "../../models/strip-references.ts"
import type { ErasureCounts } from "../contract.ts"
import { actionCode, kindCode, kindOf } from "../sql/codes.ts"
import { lookupTerms } from "./lookup-terms.ts"
import { mayHoldSql } from "./may-hold.ts"
import type { Row, Sql } from "./sql.ts"
import { termNumber } from "./term-numbers.ts"

/** Contents that are looked into at once. */
const atOnce = 500

/** What is erased, and where from: the district by its number and its Clever id. */
interface Erased {
  readonly district: number
  readonly districtId: string
  readonly id: string
}

/** Rewrites the contents of others that mention the id; true if one of them is in the roster. */
export async function stripContents(sql: Sql, erased: Erased, counts: ErasureCounts): Promise<boolean> {
  let isInRoster = false
  let place: [number, number, string] = [-1, -1, ""]
  for (;;) {
    const rows = await sql.all(mentioningSql, erased.district, erased.id, ...place, atOnce)
    for (const row of rows) isInRoster = (await stripRow(sql, row, erased, counts)) || isInRoster
    const last = rows.at(-1)
    if (last === undefined || rows.length < atOnce) return isInRoster
    place = [Number(last.run), Number(last.kind), String(last.id)]
  }
}

const mentioningSql = `
SELECT c.run, c.kind, c.id, c.action, c.raw, c.data FROM homeroom.changes c
WHERE c.run IN (SELECT key FROM homeroom.runs WHERE district = $1)
  AND ${mayHoldSql("c.data", "$2")} AND (c.run, c.kind, c.id) > ($3, $4::smallint, $5)
ORDER BY c.run, c.kind, c.id LIMIT $6`

const ofChange = "run = $1 AND kind = $2 AND id = $3"

/** True if it is a content of the roster that was rewritten. */
async function stripRow(
  sql: Sql,
  row: Row,
  { district, districtId, id }: Erased,
  counts: ErasureCounts,
): Promise<boolean> {
  const place = [Number(row.run), Number(row.kind), String(row.id)] as const
  const data = String(row.data)
  if (row.action === actionCode("reject")) {
    const stripped = stripReferences(data, id)
    if (stripped === undefined) return false
    // A rejected record without an id that mentions this one may well be the same person.
    if (String(row.id).startsWith("?")) {
      await sql.run(`DELETE FROM homeroom.changes WHERE ${ofChange}`, ...place)
      counts.contents++
    } else {
      await sql.run(`UPDATE homeroom.changes SET data = $4 WHERE ${ofChange}`, ...place, stripped)
      counts.mentions++
    }
    return false
  }
  const kind = kindOf(row.kind)
  const stripped = stripContent(kind, { data, raw: String(row.raw) }, { id, districtId })
  if (stripped === undefined) return false
  counts.mentions++
  const terms = lookupTerms(district, kind, stripped.keys, stripped.data)
  await sql.run(
    `UPDATE homeroom.changes SET data = $4, raw = $5, canonical = $6, terms = $7::bigint[] WHERE ${ofChange}`,
    ...place,
    stripped.data,
    stripped.raw,
    stripped.canonical,
    terms.length === 0 ? null : terms.map(termNumber),
  )
  const changed = await sql.run(
    "UPDATE homeroom.records SET raw = $5, canonical = $6 WHERE district = $1 AND kind = $2 AND id = $3 AND content = $4",
    district,
    kindCode(kind),
    String(row.id),
    Number(row.run),
    stripped.raw,
    stripped.canonical,
  )
  return changed > 0
}

import type {
  AccountLink,
  LinkClaim,
  LinkKey,
  LinkMove,
  LinkMoved,
  LinkQuery,
  LinkSelection,
} from "../contract.ts"
import { joinLinks } from "../sql/join-links.ts"
import { linkOf } from "../sql/rows.ts"
import { lockTexts } from "./database.ts"
import type { Sql, Value } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one: claiming and moving need it.

export async function getLink(sql: Sql, { issuer, cleverId }: LinkKey): Promise<AccountLink | undefined> {
  const row = await sql.get(
    "SELECT * FROM homeroom.links WHERE issuer = $1 AND clever_id = $2",
    issuer,
    cleverId,
  )
  return row === undefined ? undefined : linkOf(row)
}

export async function listLinks(
  sql: Sql,
  { districtId, accountId, after, limit }: LinkQuery,
): Promise<AccountLink[]> {
  const values: Value[] = [after?.issuer ?? "", after?.cleverId ?? "", limit]
  const conditions = ["(issuer, clever_id) > ($1, $2)"]
  if (districtId !== undefined) conditions.push(`district_id = $${values.push(districtId)}`)
  if (accountId !== undefined) conditions.push(`account_id = $${values.push(accountId)}`)
  const rows = await sql.all(
    `SELECT * FROM homeroom.links WHERE ${conditions.join(" AND ")} ORDER BY issuer, clever_id LIMIT $3`,
    ...values,
  )
  return rows.map(linkOf)
}

export async function claimLink(sql: Sql, link: AccountLink, exclusive: boolean): Promise<LinkClaim> {
  const account = exclusive ? [`account ${link.accountId}`] : []
  await lockTexts(sql, [personOf(link), ...account])
  const known =
    (await getLink(sql, link)) ??
    (exclusive ? (await listLinks(sql, { accountId: link.accountId, limit: 1 }))[0] : undefined)
  if (known !== undefined) return { claimed: false, link: known }
  await putLink(sql, link)
  return { claimed: true, link: { ...link } }
}

export async function moveLink(sql: Sql, move: LinkMove): Promise<LinkMoved> {
  const { issuer, cleverId, legacyIds } = move
  const ids = [cleverId, ...legacyIds]
  await lockTexts(
    sql,
    ids.map((id) => personOf({ issuer, cleverId: id })),
  )
  const rows = await sql.all(
    "SELECT * FROM homeroom.links WHERE issuer = $1 AND clever_id = ANY($2::text[]) ORDER BY clever_id",
    issuer,
    ids,
  )
  const moved = joinLinks(rows.map(linkOf), move)
  if (moved.state !== "linked") return moved
  for (const id of moved.from) await deleteLinks(sql, { issuer, cleverId: id })
  await putLink(sql, moved.link)
  return moved
}

export function deleteLinks(sql: Sql, selection: LinkSelection): Promise<number> {
  if ("cleverId" in selection) {
    const { issuer, cleverId } = selection
    return sql.run("DELETE FROM homeroom.links WHERE issuer = $1 AND clever_id = $2", issuer, cleverId)
  }
  if ("accountId" in selection) {
    return sql.run("DELETE FROM homeroom.links WHERE account_id = $1", selection.accountId)
  }
  return sql.run("DELETE FROM homeroom.links WHERE district_id = $1", selection.districtId)
}

/** Whose turn it is to link somebody: what the lock of a person is called. */
function personOf({ issuer, cleverId }: LinkKey): string {
  return `person ${JSON.stringify([issuer, cleverId])}`
}

async function putLink(sql: Sql, link: AccountLink): Promise<void> {
  const { issuer, cleverId, accountId, districtId, linkedAt, linkedBy } = link
  await sql.run(
    `INSERT INTO homeroom.links (issuer, clever_id, account_id, district_id, linked_at, linked_by)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (issuer, clever_id) DO UPDATE SET district_id = excluded.district_id`,
    issuer,
    cleverId,
    accountId,
    districtId,
    linkedAt,
    linkedBy,
  )
}

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
import type { Statements } from "./statements.ts"

// Each function runs inside the caller's transaction: the writing ones in a write transaction.

export function getLink(statements: Statements, { issuer, cleverId }: LinkKey): AccountLink | undefined {
  const row = statements.get(
    "SELECT * FROM homeroom_links WHERE issuer = ? AND clever_id = ?",
    issuer,
    cleverId,
  )
  return row === undefined ? undefined : linkOf(row)
}

export function listLinks(
  statements: Statements,
  { districtId, accountId, after, limit }: LinkQuery,
): AccountLink[] {
  const conditions: string[] = []
  const parameters: string[] = []
  if (districtId !== undefined) {
    conditions.push("district_id = ?")
    parameters.push(districtId)
  }
  if (accountId !== undefined) {
    conditions.push("account_id = ?")
    parameters.push(accountId)
  }
  conditions.push("(issuer, clever_id) > (?, ?)")
  parameters.push(after?.issuer ?? "", after?.cleverId ?? "")
  return statements
    .all(
      `SELECT * FROM homeroom_links WHERE ${conditions.join(" AND ")} ORDER BY issuer, clever_id LIMIT ?`,
      ...parameters,
      limit,
    )
    .map(linkOf)
}

export function claimLink(statements: Statements, link: AccountLink, exclusive: boolean): LinkClaim {
  const known =
    getLink(statements, link) ??
    (exclusive ? listLinks(statements, { accountId: link.accountId, limit: 1 })[0] : undefined)
  if (known !== undefined) return { claimed: false, link: known }
  putLink(statements, link)
  return { claimed: true, link: { ...link } }
}

export function moveLink(statements: Statements, move: LinkMove): LinkMoved {
  const { issuer, cleverId, legacyIds } = move
  const links = statements
    .all(
      `SELECT * FROM homeroom_links
       WHERE issuer = ? AND clever_id IN (SELECT value FROM json_each(?)) ORDER BY clever_id`,
      issuer,
      JSON.stringify([cleverId, ...legacyIds]),
    )
    .map(linkOf)
  const moved = joinLinks(links, move)
  if (moved.state !== "linked") return moved
  for (const id of moved.from) deleteLinks(statements, { issuer, cleverId: id })
  putLink(statements, moved.link)
  return moved
}

export function deleteLinks(statements: Statements, selection: LinkSelection): number {
  if ("cleverId" in selection) {
    const { issuer, cleverId } = selection
    return statements.run("DELETE FROM homeroom_links WHERE issuer = ? AND clever_id = ?", issuer, cleverId)
      .changes
  }
  if ("accountId" in selection) {
    return statements.run("DELETE FROM homeroom_links WHERE account_id = ?", selection.accountId).changes
  }
  return statements.run("DELETE FROM homeroom_links WHERE district_id = ?", selection.districtId).changes
}

function putLink(statements: Statements, link: AccountLink): void {
  const { issuer, cleverId, accountId, districtId, linkedAt, linkedBy } = link
  statements.run(
    `INSERT INTO homeroom_links (issuer, clever_id, account_id, district_id, linked_at, linked_by)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (issuer, clever_id) DO UPDATE SET district_id = excluded.district_id`,
    issuer,
    cleverId,
    accountId,
    districtId,
    linkedAt,
    linkedBy,
  )
}

import type { HeldLease, Lease, LeaseAnswer, LeaseRequest } from "../contract.ts"
import { leaseOf } from "../sql/rows.ts"
import { nowSql } from "./clock.ts"
import type { Sql } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one. `now` is null for the database's own clock.

/**
 * In a transaction that has the district's lock: so no write is under way whose lease it would end. Tells the district's
 * number as well.
 */
export async function acquireLease(
  sql: Sql,
  { districtId, holder, ttlMs }: LeaseRequest,
  now: number | null,
): Promise<LeaseAnswer & { district?: number }> {
  await sql.run("INSERT INTO homeroom.districts (id) VALUES ($1) ON CONFLICT DO NOTHING", districtId)
  const row = await sql.get(
    `UPDATE homeroom.districts SET fence = greatest(fence, (SELECT fence FROM homeroom.fence_floor)) + 1,
       holder = $2, held_since = clock.now, held_until = clock.now + $4::bigint
     FROM (SELECT ${nowSql("$3")} AS now) clock
     WHERE id = $1 AND (holder IS NULL OR held_until <= clock.now) RETURNING key, fence`,
    districtId,
    holder,
    now,
    Math.ceil(ttlMs),
  )
  if (row !== undefined) {
    const lease = { districtId, holder, fence: Number(row.fence) }
    return { acquired: true, lease, district: Number(row.key) }
  }
  const held = await sql.get("SELECT * FROM homeroom.districts WHERE id = $1", districtId)
  // It may have been released since.
  return held === undefined || held.holder === null
    ? acquireLease(sql, { districtId, holder, ttlMs }, now)
    : { acquired: false, held: leaseOf(districtId, held) }
}

/** True if the lease is the district's newest and was not ended. */
export async function renewLease(
  sql: Sql,
  { districtId, fence }: Lease,
  ttlMs: number,
  now: number | null,
): Promise<boolean> {
  const changed = await sql.run(
    `UPDATE homeroom.districts SET held_until = ${nowSql("$3")} + $4::bigint
     WHERE id = $1 AND fence = $2 AND holder IS NOT NULL`,
    districtId,
    fence,
    now,
    Math.ceil(ttlMs),
  )
  return changed > 0
}

export async function releaseLease(sql: Sql, { districtId, fence }: Lease): Promise<void> {
  await sql.run(
    "UPDATE homeroom.districts SET holder = NULL, held_until = NULL WHERE id = $1 AND fence = $2",
    districtId,
    fence,
  )
}

export async function heldLease(
  sql: Sql,
  districtId: string,
  now: number | null,
): Promise<HeldLease | undefined> {
  const row = await sql.get(
    `SELECT * FROM homeroom.districts WHERE id = $1 AND holder IS NOT NULL AND held_until > ${nowSql("$2")}`,
    districtId,
    now,
  )
  return row === undefined ? undefined : leaseOf(districtId, row)
}

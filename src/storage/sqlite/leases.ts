import type { HeldLease, Lease, LeaseAnswer, LeaseRequest } from "../contract.ts"
import { leaseOf } from "../sql/rows.ts"
import type { Statements } from "./statements.ts"

// Each function runs inside the caller's transaction: the writing ones in a write transaction.

export function acquireLease(
  statements: Statements,
  { districtId, holder, ttlMs }: LeaseRequest,
  now: number,
): LeaseAnswer {
  statements.run("INSERT INTO homeroom_districts (id) VALUES (?) ON CONFLICT DO NOTHING", districtId)
  const held = heldLease(statements, districtId, now)
  if (held !== undefined) return { acquired: false, held }
  const row = statements.get(
    `UPDATE homeroom_districts SET fence = max(fence, (SELECT fence FROM homeroom_fence_floor)) + 1,
       holder = ?, held_since = ?, held_until = ?
     WHERE id = ? RETURNING fence`,
    holder,
    now,
    now + ttlMs,
    districtId,
  )
  return { acquired: true, lease: { districtId, holder, fence: Number(row?.fence) } }
}

/** True if the lease is the district's newest and was not ended. */
export function renewLease(statements: Statements, { districtId, fence }: Lease, until: number): boolean {
  const { changes } = statements.run(
    "UPDATE homeroom_districts SET held_until = ? WHERE id = ? AND fence = ? AND holder IS NOT NULL",
    until,
    districtId,
    fence,
  )
  return changes > 0
}

export function releaseLease(statements: Statements, { districtId, fence }: Lease): void {
  statements.run(
    "UPDATE homeroom_districts SET holder = NULL, held_until = NULL WHERE id = ? AND fence = ?",
    districtId,
    fence,
  )
}

export function heldLease(statements: Statements, districtId: string, now: number): HeldLease | undefined {
  const row = statements.get(
    "SELECT * FROM homeroom_districts WHERE id = ? AND holder IS NOT NULL AND held_until > ?",
    districtId,
    now,
  )
  return row === undefined ? undefined : leaseOf(districtId, row)
}

import { requireSameConnection } from "../contract/connections.ts"
import type { Connection } from "../contract.ts"
import { connectionOf } from "../sql/rows.ts"
import type { Sql } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one.

export async function getConnection(sql: Sql, districtId: string): Promise<Connection | undefined> {
  const row = await sql.get("SELECT * FROM homeroom.connections WHERE district_id = $1", districtId)
  return row === undefined ? undefined : connectionOf(row)
}

export async function listConnections(sql: Sql): Promise<Connection[]> {
  return (await sql.all("SELECT * FROM homeroom.connections ORDER BY district_id")).map(connectionOf)
}

/**
 * Throws `CONNECTION_CHANGED` unless the connection of the district is the one expected, or there is none where null is,
 * and keeps it so until the transaction ends.
 */
export async function requireConnection(
  sql: Sql,
  districtId: string,
  expected: Connection | null,
): Promise<void> {
  const row = await sql.get(
    "SELECT * FROM homeroom.connections WHERE district_id = $1 FOR UPDATE",
    districtId,
  )
  requireSameConnection(
    row === undefined ? undefined : connectionOf(row),
    expected === null ? null : { ...expected, name: storable(expected.name) },
  )
}

export async function saveConnection(
  sql: Sql,
  connection: Connection,
  expected?: Connection | null,
): Promise<void> {
  const { districtId, name, mode, state, steps, settings } = connection
  if (expected !== undefined) await requireConnection(sql, districtId, expected)
  // Where there was none to be locked, somebody else may just have made one.
  const otherwise =
    expected === null
      ? "NOTHING"
      : `UPDATE SET name = excluded.name, mode = excluded.mode, state = excluded.state, steps = excluded.steps,
           settings = excluded.settings`
  const written = await sql.run(
    `INSERT INTO homeroom.connections (district_id, name, mode, state, steps, settings)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (district_id) DO ${otherwise}`,
    districtId,
    storable(name),
    mode,
    state,
    JSON.stringify(steps),
    JSON.stringify(settings),
  )
  if (written === 0) requireSameConnection(connection, null)
}

/** Clever's word for a district may hold what the database can't. */
function storable(name: string): string {
  return name.replaceAll("\0", "\ufffd")
}

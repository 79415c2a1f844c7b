import { requireSameConnection } from "../contract/connections.ts"
import type { Connection } from "../contract.ts"
import { connectionOf } from "../sql/rows.ts"
import type { Statements } from "./statements.ts"

// Each function runs inside the caller's transaction: the writing one in a write transaction.

export function getConnection(statements: Statements, districtId: string): Connection | undefined {
  const row = statements.get("SELECT * FROM homeroom_connections WHERE district_id = ?", districtId)
  return row === undefined ? undefined : connectionOf(row)
}

export function listConnections(statements: Statements): Connection[] {
  return statements.all("SELECT * FROM homeroom_connections ORDER BY district_id").map(connectionOf)
}

export function saveConnection(
  statements: Statements,
  connection: Connection,
  expected?: Connection | null,
): void {
  if (expected !== undefined) {
    requireSameConnection(getConnection(statements, connection.districtId), expected)
  }
  const { districtId, name, mode, state, steps, settings } = connection
  statements.run(
    `INSERT INTO homeroom_connections (district_id, name, mode, state, steps, settings)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (district_id) DO UPDATE SET name = excluded.name,
       mode = excluded.mode, state = excluded.state, steps = excluded.steps, settings = excluded.settings`,
    districtId,
    name,
    mode,
    state,
    JSON.stringify(steps),
    JSON.stringify(settings),
  )
}

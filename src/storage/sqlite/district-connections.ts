import { requireSameConnection } from "../contract/connections.ts"
import type {
  Connection,
  ConnectionMode,
  ConnectionSettings,
  ConnectionState,
  ConnectionStep,
} from "../contract.ts"
import type { Row, Statements } from "./statements.ts"

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

function connectionOf(row: Row): Connection {
  return {
    districtId: String(row.district_id),
    name: String(row.name),
    mode: row.mode as ConnectionMode,
    state: row.state as ConnectionState,
    steps: JSON.parse(String(row.steps)) as ConnectionStep[],
    settings: JSON.parse(String(row.settings)) as ConnectionSettings,
  }
}

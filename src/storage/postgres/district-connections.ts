import type {
  Connection,
  ConnectionMode,
  ConnectionSettings,
  ConnectionState,
  ConnectionStep,
} from "../contract.ts"
import type { Row, Sql } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one.

export async function getConnection(sql: Sql, districtId: string): Promise<Connection | undefined> {
  const row = await sql.get("SELECT * FROM homeroom.connections WHERE district_id = $1", districtId)
  return row === undefined ? undefined : connectionOf(row)
}

export async function listConnections(sql: Sql): Promise<Connection[]> {
  return (await sql.all("SELECT * FROM homeroom.connections ORDER BY district_id")).map(connectionOf)
}

export async function saveConnection(sql: Sql, connection: Connection): Promise<void> {
  const { districtId, name, mode, state, steps, settings } = connection
  await sql.run(
    `INSERT INTO homeroom.connections (district_id, name, mode, state, steps, settings)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (district_id) DO UPDATE SET name = excluded.name,
       mode = excluded.mode, state = excluded.state, steps = excluded.steps, settings = excluded.settings`,
    districtId,
    // Clever's word for it, which may hold what the database can't.
    name.replaceAll("\0", "\ufffd"),
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

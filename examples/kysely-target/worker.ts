/** Keeps the app's tables in step with the roster, for as long as the process lives. */
import { type DeliveryEvent, TargetDelivery } from "homeroom"
import { SqliteStorage } from "homeroom/sqlite"
import { Kysely, SqliteDialect } from "kysely"
import { kyselyTarget } from "./kysely-target.ts"
import { nodeSqlite } from "./node-sqlite.ts"
import type { Tables } from "./tables.ts"

export async function followRoster(options: {
  rosterFile: string
  appFile: string
  signal: AbortSignal
  onEvent: (event: DeliveryEvent) => void
}): Promise<void> {
  const { rosterFile, appFile, signal, onEvent } = options
  // #region worker
  const storage = new SqliteStorage({ path: rosterFile })
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: nodeSqlite(appFile) }) })
  const delivery = new TargetDelivery({ storage, target: kyselyTarget(db), onEvent })

  await delivery.run({ signal })
  await db.destroy()
  await storage.close()
  // #endregion
}

import {
  type Connection,
  type ConnectionMode,
  type ConnectionState,
  type ImportHealth,
  ImportHealthBook,
  nextImport,
  type Quarantine,
} from "../entries/exchange.ts"
import type { RosterStorage } from "../index.ts"

/** What `connections --json` prints of each. Times are ISO 8601 in UTC. */
export interface ConnectionJson {
  districtId: string
  name: string
  mode: ConnectionMode
  state: ConnectionState
  /** The name of its Clever app, where there are several. */
  app: string | null
  /** When it came into this state, and who brought it there. */
  since: string | null
  by: string | null
  /** When it is imported next by itself; null where it is not. */
  nextImportAt: string | null
  lastSuccessAt: string | null
  lastFailure: ImportHealth["lastFailure"]
  /** Imports that failed since the last one that did not. */
  failures: number
  quarantine: Quarantine | null
}

export async function connectionJson(
  storage: RosterStorage,
  connection: Connection,
): Promise<ConnectionJson> {
  const { districtId, name, mode, state, steps, settings } = connection
  const last = steps.at(-1)
  const health = await new ImportHealthBook({ storage }).get(districtId)
  const { lastSuccessAt, lastFailure, failures, quarantine } = health
  const next = await nextImport({ storage, connection })
  return {
    districtId,
    name,
    mode,
    state,
    app: settings.app ?? null,
    since: last?.at ?? null,
    by: last?.by ?? null,
    nextImportAt: next.at,
    lastSuccessAt,
    lastFailure,
    failures,
    quarantine,
  }
}

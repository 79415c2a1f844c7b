import { HomeroomError, tellTo } from "../errors/index.ts"
import {
  type AccountMatching,
  type Plan,
  type PlanOptions,
  type RosterSync,
  requireActive,
  type SyncOptions,
} from "../roster/index.ts"
import type { Connection, Run } from "../storage/contract.ts"
import type { Connections } from "./connections.ts"
import type { ImportHealthBook } from "./import-health.ts"
import { type MatchOutcome, matchImported } from "./match-imported.ts"

export interface ImportOptions extends SyncOptions {
  connections: Connections
  roster: RosterSync
  /**
   * Matches whom the import has brought to the app's accounts, once it has ended (S26, S27). Default: nobody is
   * matched.
   */
  matching?: AccountMatching | undefined
  /** Told how that went: it changes nothing of the import. What it throws is ignored. */
  onMatched?: ((outcome: MatchOutcome) => void) | undefined
  /** Where it is noted that the district can be imported, which ends a quarantine (S29). Default: nowhere. */
  health?: ImportHealthBook | undefined
}

/**
 * Imports a district now, if its connection allows it: what the command line and the console call.
 *
 * Rejects with `CONNECTION_NOT_FOUND`, `CONNECTION_NOT_ACTIVE` or `CONNECTION_WITHOUT_PROVISIONING` before
 * anything is read from Clever; else it resolves and rejects as `RosterSync.sync` does.
 */
export async function importDistrict(options: ImportOptions): Promise<Run> {
  const { connections, roster, matching, onMatched, health, ...sync } = options
  const { districtId, signal } = sync
  requireProvisioning(await connections.get(districtId))
  const run = await roster.sync(sync)
  // What somebody called off says nothing of the district.
  if (run.state !== "interrupted" && run.state !== "cancelled") await health?.noteRun(run)
  // A run that changed nothing may follow one after which the matching failed.
  if (matching !== undefined && (run.state === "applied" || run.state === "unchanged")) {
    const outcome = await matchImported({ matching, districtId, signal })
    tellTo(onMatched)(outcome)
  }
  return run
}

export interface PlanImportOptions extends PlanOptions {
  connections: Connections
  roster: RosterSync
}

/**
 * Finds out what an import of a district would do, if its connection allows imports at all; a paused one does.
 *
 * Rejects as {@link importDistrict} does before anything is read from Clever; else as `RosterSync.plan` does.
 */
export async function planDistrict({ connections, roster, ...plan }: PlanImportOptions): Promise<Plan> {
  const connection = await connections.get(plan.districtId)
  requireProvisioning(connection.state === "paused" ? { ...connection, state: "active" } : connection)
  return roster.plan(plan)
}

/** Throws unless users may be created and changed through this connection. */
export function requireProvisioning(connection: Connection): void {
  requireActive(connection)
  const { districtId, mode } = connection
  if (mode !== "sso+provisioning") {
    throw new HomeroomError("CONNECTION_WITHOUT_PROVISIONING", {
      message: `District ${districtId} is connected for sign-in only (${mode}).`,
      details: { districtId, mode },
    })
  }
}

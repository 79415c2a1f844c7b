import type { Kind } from "../../models/kinds.ts"
import { kindCode } from "../sql/codes.ts"
import type { Statements } from "./statements.ts"

/** A district's key; undefined if nobody has written anything of it. */
export function districtKey(reader: Statements, districtId: string): number | undefined {
  return reader.get("SELECT key FROM homeroom_districts WHERE id = ?", districtId)?.key as number | undefined
}

/** A run's key; one that no run has where there is none. */
export function runKey(reader: Statements, runId: string): number {
  return Number(reader.get("SELECT key FROM homeroom_runs WHERE id = ?", runId)?.key ?? -1)
}

/** The same of a run whose changes have not been purged. */
export function changesKey(reader: Statements, runId: string): number {
  return Number(
    reader.get("SELECT key FROM homeroom_runs WHERE id = ? AND purged_at IS NULL", runId)?.key ?? -1,
  )
}

/** The same of a run whose changes are still staged, not committed. */
export function stagingKey(reader: Statements, runId: string): number {
  return Number(reader.get("SELECT key FROM homeroom_runs WHERE id = ? AND committed = 0", runId)?.key ?? -1)
}

/** The kind and id that a page in kind order begins after. */
export function placeAfter(after: { kind: Kind; id: string } | undefined): [number, string] {
  return after === undefined ? [-1, ""] : [kindCode(after.kind), after.id]
}

import type { Kind } from "../../models/kinds.ts"
import type { Counts, DistrictHead, GuardSettings, Hold, RosterStorage, Run } from "../../storage/contract.ts"

/** A run with everything staged, before any of it is written. */
export interface GuardRequest {
  storage: RosterStorage
  run: Run
  /** The district as it was when the run began. */
  head: DistrictHead
  /** What is staged, by kind and outcome. */
  counts: Record<Kind, Counts>
  settings: GuardSettings
  nowMs: number
  /** True if no archive would take effect, whatever the guards say (S28): then none is looked at. */
  archivesWait: boolean
}

/** What the guards found, and the archives that they counted, for the run to keep. */
export interface GuardFindings {
  holds: Hold[]
  /** What was measured of whole kinds, and is within its limit. */
  passed: Hold[]
  archivedBySchool: Run["archivedBySchool"]
  archivedByRole: NonNullable<Run["archivedByRole"]>
}

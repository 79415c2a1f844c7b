/** The engine: brings a roster from its source into a storage and keeps it up to date. */

export type { ChangeFilter, RecordChange } from "./change-log.ts"
export type { DanglingReference } from "./dangling.ts"
export type { LeaseOptions, Repeat, Sleep } from "./lease-keeper.ts"
export { requireActive } from "./require-active.ts"
export {
  RosterSync,
  type RosterSyncOptions,
  type SyncOptions,
  type SyncUserOptions,
  type UndoOptions,
} from "./roster-sync.ts"
export type { Progress } from "./run-context.ts"
export type { RunLimits } from "./run-execution.ts"
export { runTransitions } from "./run-states.ts"
export type { UndoResult } from "./undo.ts"
export type { UserSyncResult } from "./user-sync.ts"

/** The engine: brings a roster from its source into a storage and keeps it up to date. */

export type {
  ChangeFilter,
  ChangePage,
  ChangePageQuery,
  RecordChange,
  RecordPosition,
  SchoolChanges,
} from "./change-log.ts"
export type { DanglingReference } from "./dangling.ts"
export { requireLease } from "./district-lease.ts"
export { checkSettings } from "./district-settings.ts"
export type {
  ComparedStep,
  DecidedStep,
  Explanation,
  FetchedStep,
  MatchedStep,
  Obstacle,
  RecordRun,
  ScopedStep,
} from "./explanation.ts"
export type { ChangeSearch, FoundChanges } from "./find-changes.ts"
export type { FoundPeople, FoundPerson, PeopleSearch } from "./find-people.ts"
export type { Thresholds } from "./guards/thresholds.ts"
export type { HistoryPage, HistoryPageQuery } from "./history.ts"
export type { LeaseOptions } from "./lease-keeper.ts"
export type {
  AccountEntry,
  AccountProblem,
  AccountProblemReason,
  AccountSource,
  UnusableEntry,
} from "./matching/account-entry.ts"
export type { SubjectKind } from "./matching/account-index.ts"
export { AccountMatching, type AccountMatchingOptions } from "./matching/account-matching.ts"
export {
  type AccountColumn,
  accountsFromCsv,
  type CsvAccountOptions,
  csvColumns,
} from "./matching/accounts-from-csv.ts"
export { freeAccounts, maxCandidates } from "./matching/free-accounts.ts"
export type { MatchAuditEvent } from "./matching/match-audit.ts"
export {
  type AnyField,
  comparable,
  type MatchField,
  type RosterField,
  type SchoolField,
} from "./matching/match-fields.ts"
export type {
  MatchOptions,
  MatchProgress,
  MatchResult,
} from "./matching/match-options.ts"
export type { MatchCounts } from "./matching/match-pass.ts"
export { fieldOf, personSubject } from "./matching/match-subject.ts"
export { type AccountMatch, matchAccounts, type UndecidedReason } from "./matching/ordered-matchers.ts"
export type { AccountCounts } from "./matching/read-accounts.ts"
export type { Review, ReviewDecision, ReviewQuery, ReviewState, ReviewType } from "./matching/review.ts"
export { ReviewBook } from "./matching/review-book.ts"
export type { ReviewChoice } from "./matching/review-desk.ts"
export { standingOf } from "./matching/standing.ts"
export type { SchoolLink } from "./matching/subject-links.ts"
export type { Plan } from "./opened-plan.ts"
export type { ReadRecordsOptions, RosterEntry } from "./ownership/read-records.ts"
export type { OverrideRequest } from "./ownership/set-override.ts"
export type { RejectionPage, RejectionPageQuery, RunRejection } from "./rejections.ts"
export { requireActive } from "./require-active.ts"
export type { Retention } from "./retention.ts"
export type { RosterEvent, RunSummary } from "./roster-events.ts"
export { RosterReader, type RosterReaderOptions } from "./roster-reader.ts"
export { RosterSync } from "./roster-sync.ts"
export type {
  ApplyOptions,
  ApproveOptions,
  CancelOptions,
  DecisionOptions,
  DiscardOptions,
  ExplainOptions,
  PlanOptions,
  PurgeOptions,
  RosterSyncOptions,
  SyncOptions,
  SyncUserOptions,
  UndoOptions,
} from "./roster-sync-options.ts"
export type { SyncProgress } from "./run-context.ts"
export type { RunLimits } from "./run-limits.ts"
export { runTransitions } from "./run-states.ts"
export type { DeadLetter } from "./targets/dead-letters.ts"
export { forgetTarget, undeliveredFrom, withoutDeliveries } from "./targets/delivery-documents.ts"
export type { DeliveryEvent } from "./targets/delivery-events.ts"
export type { DeliveryLag } from "./targets/delivery-lag.ts"
export type {
  DeliverOptions,
  DeliveryReport,
  ReplayOptions,
  TargetDeliveryOptions,
} from "./targets/delivery-options.ts"
export type { DeliveryWait } from "./targets/delivery-state.ts"
export type { Target, TargetCall, TargetChange } from "./targets/target.ts"
export { TargetDelivery } from "./targets/target-delivery.ts"
export type { UndoResult } from "./undo.ts"
export type { UserSyncResult } from "./user-sync.ts"

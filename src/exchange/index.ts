/** Connections, imports and their history, and whom of the app a login is: what the command line and the console call. */

export type { DistrictDirectory, ExchangeApp } from "./apps/exchange-app.ts"
export { RoutedSource } from "./apps/routed-source.ts"
export {
  type AuditAction,
  type AuditEntry,
  AuditLog,
  type AuditLogOptions,
  type AuditPage,
  type AuditQuery,
} from "./audit-log.ts"
export { actionWords, changeCsvHeading, changeCsvLines, changesCsv } from "./changes-csv.ts"
export { connectionTransitions } from "./connection-states.ts"
export {
  type ConnectionActivation,
  type ConnectionActor,
  type ConnectionRequest,
  Connections,
  type ConnectionsOptions,
  type SettingsChange,
} from "./connections.ts"
export {
  approveRun,
  cancelRun,
  decideReview,
  discardRun,
  type RunApproval,
  type RunDecision,
  type RunUndo,
  undoRun,
} from "./decisions.ts"
export {
  Discovery,
  type DiscoveryApp,
  type DiscoveryEvent,
  type DiscoveryOptions,
  type DiscoveryReport,
  type DistrictTokens,
} from "./discovery/discovery.ts"
export type { DiscoveryPoll } from "./discovery/discovery-documents.ts"
export type { ExchangeEvent, WorkerPart } from "./exchange-events.ts"
export {
  type ErasureProof,
  type ForgetDistrictOptions,
  type ForgetOptions,
  type ForgetUserOptions,
  forgetDistrict,
  forgetUser,
} from "./forget.ts"
export { type ImportHealth, ImportHealthBook, type Quarantine } from "./import-health.ts"
export {
  type ImportOutcome,
  type ImportRequest,
  type ImportStatus,
  Imports,
  type ImportsOptions,
  type PostponeReason,
} from "./import-jobs.ts"
export { ImportPreviews } from "./import-previews.ts"
export { type ImportProgress, importProgress } from "./import-progress.ts"
export {
  type ImportOptions,
  importDistrict,
  type PlanImportOptions,
  planDistrict,
} from "./imports.ts"
export {
  type IntegrationRequest,
  IntegrationRequests,
  type IntegrationRequestsOptions,
  type IntegrationState,
  type IntegrationStep,
} from "./integration-requests.ts"
export type {
  AccountQuery,
  AppAccounts,
  EmailAccount,
  LoginIdentity,
} from "./logins/app-accounts.ts"
export type { LinkAccountRequest } from "./logins/link-book.ts"
export type { LinkPolicy, LinkRequest } from "./logins/link-policy.ts"
export type { LinkProof } from "./logins/link-proof.ts"
export type { AccountAuditEvent } from "./logins/login-audit.ts"
export type {
  AmbiguousLogin,
  ArchivedLogin,
  DistrictNotConnectedLogin,
  LinkedLogin,
  LoginOutcome,
  LoginResolution,
  NotSyncedLogin,
  RefreshState,
  RoleDiff,
  RoleNotAllowedLogin,
} from "./logins/login-resolution.ts"
export { LoginResolver, type LoginResolverOptions, type UserRefresher } from "./logins/login-resolver.ts"
export type { RehearsedLogin, RehearsedPerson } from "./logins/rehearsal.ts"
export type { LoginErasure } from "./logins/session-control.ts"
export { type MatchOutcome, matchImported } from "./match-imported.ts"
export type {
  ImportJob,
  ImportJobHandler,
  ImportJobRequest,
  ImportQueue,
  ImportReason,
  QueueWork,
  QueueWorkOptions,
} from "./queue/import-queue.ts"
export { InProcessQueue, type InProcessQueueOptions } from "./queue/in-process-queue.ts"
export { defaultLargeFrom } from "./queue/next-job.ts"
export type { CronTimes } from "./schedules/cron-times.ts"
export { ImportScheduler, type ImportSchedulerOptions } from "./schedules/import-scheduler.ts"
export { type NextImport, nextImport } from "./schedules/next-import.ts"
export type { FullSchedule } from "./schedules/schedule.ts"
export { SharedRateBudget, type SharedRateBudgetOptions } from "./shared-rate-budget.ts"
export { sharedSecret } from "./shared-secret.ts"
export type { ConnectionStepEvent } from "./step-notices.ts"

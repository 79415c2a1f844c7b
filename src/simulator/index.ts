/**
 * A simulated Clever to develop and test against: `startSimulator()`.
 *
 * @packageDocumentation
 */

export { Clock } from "./clock.ts"
export type { BatchSummary } from "./district/district-data.ts"
export type { RolloverMode } from "./district/rollover.ts"
export type { SharingSelection } from "./district/sharing.ts"
export {
  type EventsMode,
  type RecordPatch,
  SimulatedDistrict,
  type SimulatedDistrictState,
  type SimulatedPerson,
} from "./district/simulated-district.ts"
export {
  type Fault,
  type FaultExchange,
  type FaultHandle,
  FaultPlan,
  type FaultRule,
  type SimulatedRequest,
} from "./faults/fault-plan.ts"
export * as fault from "./faults/index.ts"
export type { RecordDamage } from "./faults/list-faults.ts"
export { type GeneratedDistrict, generateDistrict } from "./generate/generate-district.ts"
export type { GeneratorOptions, RoleMix } from "./generate/layout.ts"
export type { JsonObject } from "./json.ts"
export type { SimulatedKind } from "./kinds.ts"
export { type LoggedRequest, type RequestFilter, RequestLog } from "./server/request-log.ts"
export type { CodeBook, IssuedCode } from "./sign-in/code-book.ts"
export type { Grant } from "./sign-in/grant.ts"
export { type CleverSession, type SessionBook, sessionCookie } from "./sign-in/session-book.ts"
export { SignIn } from "./sign-in/sign-in.ts"
export type { SigningKeys } from "./sign-in/signing-keys.ts"
export { type AppOptions, type MeShape, SimulatedApp } from "./sign-in/simulated-app.ts"
export type { UserToken, UserTokenBook } from "./sign-in/user-token-book.ts"
export {
  type Simulator,
  type SimulatorDescription,
  type SimulatorOptions,
  type SimulatorTls,
  startSimulator,
} from "./simulator.ts"

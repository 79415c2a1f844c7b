/** A simulated Clever to develop and test against: `startSimulator()`. */

export { Clock } from "./clock.ts"
export type { BatchSummary } from "./district/district-data.ts"
export type { RolloverMode } from "./district/rollover.ts"
export type { SharingSelection } from "./district/sharing.ts"
export {
  type DistrictState,
  type EventsMode,
  type RecordPatch,
  SimulatedDistrict,
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
export {
  type Simulator,
  type SimulatorDescription,
  type SimulatorOptions,
  startSimulator,
} from "./simulator.ts"

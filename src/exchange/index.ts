/** Connections, imports and their history: what the command line and the console call. */

export { connectionTransitions } from "./connection-states.ts"
export {
  type ConnectionActivation,
  type ConnectionActor,
  type ConnectionRequest,
  type ConnectionStepEvent,
  Connections,
  type ConnectionsOptions,
  type DistrictDirectory,
} from "./connections.ts"
export {
  type ImportOptions,
  importDistrict,
  type RunRejection,
  readRejections,
  requireProvisioning,
} from "./imports.ts"

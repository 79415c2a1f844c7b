/**
 * What does the work: loaded with the first import, decision, matching, delivery or search instead of with the app. It is one
 * module, not many, since each that is loaded by itself cuts what they share into more files for the app to load.
 */

export { requestCancel } from "./cancel-run.ts"
export { applyPlan, approvePlan, discardPlan } from "./decide-plan.ts"
export { explainRecord } from "./explain.ts"
export { findChanges } from "./find-changes.ts"
export { findPeople, findPerson } from "./find-people.ts"
export { readCsvRows } from "./matching/csv-rows.ts"
export { runMatching } from "./matching/match-run.ts"
export { setOverride } from "./ownership/set-override.ts"
export { RunExecution } from "./run-execution.ts"
export { DeliveryWork } from "./targets/delivery-work.ts"
export { deliverDistrict } from "./targets/district-delivery.ts"
export { undoRun } from "./undo.ts"
export { syncOneUser } from "./user-sync.ts"

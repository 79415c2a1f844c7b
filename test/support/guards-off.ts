import type { GuardSettings } from "../../src/storage/contract.ts"

/** For tests in which much goes at once and guards are not what is tested. Rejected records are still counted. */
export const guardsOff: GuardSettings = {
  archivedShare: 1,
  updatedShare: 1,
  mayEmpty: true,
  maySchoolsGo: true,
}

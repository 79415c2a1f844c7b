import type { LinkKey } from "../../storage/contract.ts"

/** Whose sessions an epoch ends: those of one person. */
export function userSubject({ issuer, cleverId }: LinkKey): string {
  return `user:${issuer}:${cleverId}`
}

/** The same of everybody in a district. */
export function districtSubject(districtId: string): string {
  return `district:${districtId}`
}

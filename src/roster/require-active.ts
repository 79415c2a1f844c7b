import { HomeroomError } from "../errors/index.ts"
import type { Connection } from "../storage/contract.ts"

/** Throws `CONNECTION_NOT_ACTIVE` for a connection through which nothing may be imported now. */
export function requireActive({ districtId, state }: Connection): void {
  if (state === "active") return
  throw new HomeroomError("CONNECTION_NOT_ACTIVE", {
    message: `The connection of district ${districtId} is ${state}, not active.`,
    details: { districtId, state },
  })
}

import type { DistrictDirectory } from "../entries/exchange.ts"
import { HomeroomError } from "../errors/index.ts"
import type { RosterSource } from "../index.ts"

/** For commands that only look at what is stored: they need no credentials, and can't reach Clever. */
export const noSource: RosterSource & DistrictDirectory = {
  apiVersion: "v3.1",
  recordPages: () => refuse(),
  newestEvent: async () => refuse(),
  eventPages: () => refuse(),
  recordText: async () => refuse(),
  districts: () => refuse(),
}

function refuse(): never {
  throw new HomeroomError("CLEVER_CREDENTIALS_MISSING")
}

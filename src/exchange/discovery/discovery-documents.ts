import type { ErrorCode } from "../../errors/index.ts"
import type { DocumentPut, RosterStorage } from "../../storage/contract.ts"
import { eachDocument } from "../document-pages.ts"

/** A district that was seen among an app's. Times are ISO 8601 in UTC. */
export interface SeenDistrict {
  readonly firstSeenAt: string
  /** How often in a row it was not listed. */
  readonly missing: number
  /** Since when it is taken for gone; null while it is there. */
  readonly goneAt: string | null
}

/** The last look at an app's districts. */
export interface DiscoveryPoll {
  readonly app: string
  /** ISO 8601 in UTC. */
  readonly at: string
  /** How many there were; null while it is under way, and where it failed. */
  readonly districts: number | null
  /** What it failed with. */
  readonly code: ErrorCode | null
}

const seenDistricts = "discovered-districts"
const polls = "discovery-polls"

export async function readSeen(
  storage: RosterStorage,
  app: string,
): Promise<Map<string, { seen: SeenDistrict; revision: number }>> {
  const known = new Map<string, { seen: SeenDistrict; revision: number }>()
  for await (const { districtId, value, revision } of eachDocument(storage, seenDistricts, {
    prefix: `${app}/`,
  })) {
    if (districtId !== null) known.set(districtId, { seen: value as SeenDistrict, revision })
  }
  return known
}

export function seenWrite(app: string, districtId: string, seen: SeenDistrict, expect: number): DocumentPut {
  return { collection: seenDistricts, key: `${app}/${districtId}`, districtId, value: seen, expect }
}

export async function readPoll(
  storage: RosterStorage,
  app: string,
): Promise<{ poll: DiscoveryPoll; revision: number } | undefined> {
  const document = await storage.getDocument(polls, app)
  if (document === undefined) return undefined
  return { poll: document.value as DiscoveryPoll, revision: document.revision }
}

/** `expect` undefined: whatever is there. */
export function writePoll(
  storage: RosterStorage,
  poll: DiscoveryPoll,
  expect: number | undefined,
): Promise<boolean> {
  return storage.writeDocuments([{ collection: polls, key: poll.app, districtId: null, value: poll, expect }])
}

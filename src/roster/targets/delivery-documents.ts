import type { DocumentWrite, RosterStorage, StoredDocument } from "../../storage/contract.ts"
import { deadLetters, type Letter, replayRequests } from "./dead-letters.ts"
import { type DeliveryState, deliveries, deliveryKey, deliveryPlaces, stateOf } from "./delivery-state.ts"

/** Where the deliveries of a roster are kept, each with what belongs to it under keys that begin with its own. */
const collections = [deliveries, deliveryPlaces, replayRequests, deadLetters]
const documentsPerPage = 500
/** How long a pause lasts whose process has died. */
const longestPauseMs = 600_000

/**
 * Removes a target, or one district of it, from the storage: its place and its dead letters. A delivery that is at work
 * stops. Should the target be delivered to again, it begins with the roster as it is then. Rejects with `STORAGE_…`
 * codes.
 */
export async function forgetTarget(options: {
  storage: RosterStorage
  /** The target's name. */
  target: string
  districtId?: string | undefined
}): Promise<void> {
  const { storage, target, districtId } = options
  await storage.open()
  // The delivery first: whoever is at work can then write nothing more.
  for (const collection of collections) {
    for await (const page of documentPages(storage, collection, { prefix: `${target}/` })) {
      const going = page.filter((document) => districtId === undefined || document.districtId === districtId)
      await storage.writeDocuments(going.map(({ key }): DocumentWrite => ({ collection, key, delete: true })))
    }
  }
}

/** The districts that a target was ever delivered, in ascending id. */
export async function* deliveredDistricts(storage: RosterStorage, target: string): AsyncGenerator<string> {
  for await (const page of documentPages(storage, deliveries, { prefix: deliveryKey(target, "") })) {
    for (const { districtId } of page) if (districtId !== null) yield districtId
  }
}

/**
 * The lowest version of a district whose change log some target still needs, dead letters included; undefined if none
 * does. `purge` is to keep the logs from this one on (`keepFromVersion`).
 */
export async function undeliveredFrom(
  storage: RosterStorage,
  districtId: string,
): Promise<number | undefined> {
  let lowest: number | undefined
  for await (const page of documentPages(storage, deliveries, { districtId })) {
    for (const document of page) {
      const { place } = stateOf(document)
      // Of a snapshot all later logs are needed, since it takes back what they did.
      const needed = place.runId === null ? place.version + 1 : place.version
      const letters = { collection: deadLetters, prefix: `${document.key}/`, limit: 1 }
      const [first] = await storage.listDocuments(letters)
      const letter = first?.value as Letter | undefined
      const ofLetter = letter === undefined ? needed : letter.version + (letter.runId === null ? 1 : 0)
      lowest = Math.min(lowest ?? Number.POSITIVE_INFINITY, needed, ofLetter)
    }
  }
  return lowest
}

/**
 * Does something while no target is delivered a district: what a delivery had at hand is not noted any more, and none
 * begins. For erasing, after which nothing may be written that was read before.
 */
export async function withoutDeliveries<Result>(
  options: { storage: RosterStorage; districtId: string; holder: string; clock: () => number },
  work: () => Promise<Result>,
): Promise<Result> {
  const { storage, districtId, holder, clock } = options
  const claim = { holder, untilMs: clock() + longestPauseMs }
  const hold = (state: DeliveryState) => ({ ...state, claim, fence: state.fence + 1 })
  const release = (state: DeliveryState) =>
    state.claim?.holder === holder && state.claim.untilMs === claim.untilMs
      ? { ...state, claim: null }
      : state
  await rewriteDeliveries(storage, districtId, hold)
  try {
    return await work()
  } finally {
    await rewriteDeliveries(storage, districtId, release)
  }
}

async function rewriteDeliveries(
  storage: RosterStorage,
  districtId: string,
  rewrite: (state: DeliveryState) => DeliveryState,
): Promise<void> {
  for await (const page of documentPages(storage, deliveries, { districtId })) {
    for (const { key } of page) {
      for (;;) {
        const document = await storage.getDocument(deliveries, key)
        if (document === undefined) break
        const value = rewrite(stateOf(document))
        const expect = document.revision
        // Whoever delivers may write in between; then once more.
        if (await storage.writeDocuments([{ collection: deliveries, key, districtId, value, expect }])) break
      }
    }
  }
}

async function* documentPages(
  storage: RosterStorage,
  collection: string,
  selection: { prefix?: string | undefined; districtId?: string | undefined },
): AsyncGenerator<StoredDocument[]> {
  for (let after: string | undefined; ; ) {
    const page = await storage.listDocuments({ collection, ...selection, after, limit: documentsPerPage })
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = last.key
  }
}

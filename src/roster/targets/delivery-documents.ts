import type { DocumentWrite, RosterStorage, StoredDocument } from "../../storage/contract.ts"
import { deadLetters, type Letter, replayRequests } from "./dead-letters.ts"
import { deliveries, deliveryKey, deliveryPlaces, stateOf } from "./delivery-state.ts"

/** Where the deliveries of a roster are kept, each with what belongs to it under keys that begin with its own. */
const collections = [deliveries, deliveryPlaces, replayRequests, deadLetters]
const documentsPerPage = 500

/**
 * Removes a target, or one district of it, from the storage: its place and its dead letters. A delivery that is at work
 * stops. Should the target be delivered to again, it begins with the roster as it is then.
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

async function* documentPages(
  storage: RosterStorage,
  collection: string,
  selection: { prefix?: string; districtId?: string },
): AsyncGenerator<StoredDocument[]> {
  for (let after: string | undefined; ; ) {
    const page = await storage.listDocuments({ collection, ...selection, after, limit: documentsPerPage })
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = last.key
  }
}

import type { DocumentPut, RosterStorage, StoredDocument } from "../../storage/contract.ts"

/** Where a delivery stands: what is behind it is with the target, or among the dead letters. */
export interface DeliveryPlace {
  /** `snapshot`: the roster as it was at a version; `log`: commit after commit. */
  readonly phase: "snapshot" | "log"
  /** The snapshot's version; of the log, that of the commit being delivered, or of the last one delivered. */
  readonly version: number
  /** The commit being delivered; null between two, and in a snapshot. */
  readonly runId: string | null
  /** The step of the snapshot or commit being delivered; null between two commits. */
  readonly step: string | null
  /** The last record of the step that was delivered; `""` before the first. */
  readonly after: string
  /** How many changes of the snapshot or commit are behind it. */
  readonly done: number
}

/** The document of one target's delivery of one district: all of it but the record's id in the place. */
export interface DeliveryState {
  readonly place: Omit<DeliveryPlace, "after">
  /** Names the roster as it was when the target was added, in the ids of its changes. */
  readonly snapshotId: string
  /** How many dead letters there have been: the last one's number. */
  readonly letters: number
  /** Who is at it, until when (milliseconds since 1970). */
  readonly claim: { readonly holder: string; readonly untilMs: number } | null
  /** Rises with each claim. */
  readonly fence: number
  readonly waiting: DeliveryWait | null
  /** ISO 8601 in UTC. */
  readonly startedAt: string
}

/** Why nothing more is delivered for now. */
export interface DeliveryWait {
  /**
   * `target-down`: nothing could be delivered; `too-many-dead-letters`: they must become fewer first, by a replay;
   * `district-refused`: the district's own record could not be delivered, and everything depends on it.
   */
  readonly reason: "target-down" | "too-many-dead-letters" | "district-refused"
  /** The code of the target's last error, where it has one. */
  readonly code: string | null
  /** How often it has been tried in vain. */
  readonly attempts: number
  /** ISO 8601 in UTC. */
  readonly since: string
  /** When it is tried again. */
  readonly until: string
}

/** One document for each target and district. It names no record, so that none can take it along when erased. */
export const deliveries = "deliveries"
/** Where in a step a delivery stands. Erased with the record that it names; the step then begins anew. */
export const deliveryPlaces = "delivery-places"

/** The key of what belongs to one target and district. No name and no id has a slash in it. */
export function deliveryKey(target: string, districtId: string): string {
  return `${target}/${districtId}`
}

export function stateOf(document: StoredDocument): DeliveryState {
  return document.value as DeliveryState
}

interface PlaceInStep {
  /** The delivery's own name: what a former one of the same target left is nobody's place. */
  snapshotId: string
  after: string
}

/** The whole place: from the step's beginning if the record that it named is erased. */
export async function readPlace(
  storage: RosterStorage,
  key: string,
  { place, snapshotId }: DeliveryState,
): Promise<DeliveryPlace> {
  const document = place.step === null ? undefined : await storage.getDocument(deliveryPlaces, key)
  const within = document?.value as PlaceInStep | undefined
  return { ...place, after: within?.snapshotId === snapshotId ? within.after : "" }
}

/** What is written for a place besides the state itself. */
export function placeWrites(
  key: string,
  districtId: string,
  { snapshotId, place }: { snapshotId: string; place: DeliveryPlace },
): DocumentPut[] {
  const { step, after } = place
  if (step === null) return []
  const value: PlaceInStep = { snapshotId, after }
  return [{ collection: deliveryPlaces, key, districtId, subjects: [after], value }]
}

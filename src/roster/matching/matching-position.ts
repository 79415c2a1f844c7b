import type { RosterStorage } from "../../storage/contract.ts"

const collection = "matching-positions"

/** How far a district has been matched to the app's accounts. */
export interface MatchingPosition {
  /** Up to this version of the district all is done. */
  readonly version: number
  /** Whether it was the newcomers' matching that came so far: the next one needs the change logs after it. */
  readonly isFollowed: boolean
}

export async function matchingPosition(
  storage: RosterStorage,
  districtId: string,
): Promise<MatchingPosition | undefined> {
  const document = await storage.getDocument(collection, districtId)
  if (document === undefined) return undefined
  const { version, isFollowed = false } = document.value as { version: number; isFollowed?: boolean }
  return { version, isFollowed }
}

/** Two who write it at once have both done what it says. */
export async function setMatchingPosition(
  storage: RosterStorage,
  districtId: string,
  position: MatchingPosition,
): Promise<void> {
  const { version, isFollowed } = position
  const former = await matchingPosition(storage, districtId)
  if (former?.version === version && former.isFollowed === isFollowed) return
  await storage.writeDocuments([{ collection, key: districtId, districtId, value: { version, isFollowed } }])
}

/**
 * The lowest version of a district whose change log the next matching of newcomers needs; undefined if none is to
 * come. `purge` is to keep the logs from this one on (`keepFromVersion`).
 */
export async function unmatchedFrom(storage: RosterStorage, districtId: string): Promise<number | undefined> {
  const position = await matchingPosition(storage, districtId)
  return position?.isFollowed === true ? position.version + 1 : undefined
}

/** True if what was committed after a version can no longer be told from the change logs. */
export async function isLogPurged(
  storage: RosterStorage,
  { districtId, after }: { districtId: string; after: number },
): Promise<boolean> {
  // The oldest goes first.
  const [commit] = await storage.listCommits({ districtId, after, limit: 1 })
  const run = commit === undefined ? undefined : await storage.getRun(commit.runId)
  return run?.changesPurgedAt !== undefined
}

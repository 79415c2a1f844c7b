import type { RosterStorage } from "../../storage/contract.ts"
import { readLetters } from "./dead-letters.ts"
import { type DeliveryWait, deliveries, deliveryKey, stateOf } from "./delivery-state.ts"

/** How far a target is behind the roster of a district. */
export interface DeliveryLag {
  readonly districtId: string
  /** Commits that are not wholly delivered. A target that is still getting the roster as it is counts that as one. */
  readonly commits: number
  /** Changes in them that are not delivered; dead letters are not among them. */
  readonly changes: number
  /** When the oldest of these commits was made, ISO 8601 in UTC; null if there is none, or it is too old to be known. */
  readonly oldestAt: string | null
  /** The age of that commit in milliseconds; 0 if there is none. */
  readonly ageMs: number
  /** Dead letters. */
  readonly stuck: number
  readonly blocked: number
  /** Why nothing is being delivered, where it is so. */
  readonly waiting: DeliveryWait | null
}

const commitsPerPage = 500

export async function measureLag(options: {
  storage: RosterStorage
  target: string
  districtId: string
  clock: () => number
}): Promise<DeliveryLag> {
  const { storage, target, districtId, clock } = options
  const key = deliveryKey(target, districtId)
  const document = await storage.getDocument(deliveries, key)
  const state = document === undefined ? undefined : stateOf(document)
  const { commits, changes, oldestAt } = await countUndelivered(storage, districtId, state?.place)
  let stuck = 0
  let blocked = 0
  for await (const letter of readLetters(storage, key)) {
    if (letter.state === "stuck") stuck++
    else blocked++
  }
  const ageMs = oldestAt === null ? 0 : Math.max(0, clock() - Date.parse(oldestAt))
  return { districtId, commits, changes, oldestAt, ageMs, stuck, blocked, waiting: state?.waiting ?? null }
}

async function countUndelivered(
  storage: RosterStorage,
  districtId: string,
  place: { phase: string; version: number; runId: string | null; done: number } | undefined,
): Promise<{ commits: number; changes: number; oldestAt: string | null }> {
  let commits = 0
  let changes = 0
  let oldestAt: string | null = null
  const count = async (runId: string, done: number) => {
    const run = await storage.getRun(runId)
    commits++
    if (run === undefined) return
    for (const { created, updated, archived, restored } of Object.values(run.counts)) {
      changes += created + updated + archived + restored
    }
    changes -= done
    oldestAt ??= run.finishedAt
  }
  if (place === undefined || place.phase === "snapshot") {
    const head = await storage.getDistrict(districtId)
    if (head.version === 0) return { commits, changes, oldestAt }
    commits = 1
    for (const { active } of Object.values(head.counts)) changes += active
    changes -= place?.done ?? 0
    const last = head.lastRunId === null ? undefined : await storage.getRun(head.lastRunId)
    oldestAt = last?.finishedAt ?? null
    if (place === undefined) return { commits, changes, oldestAt }
  } else if (place.runId !== null) await count(place.runId, place.done)
  for (let after = place.version; ; ) {
    const page = await storage.listCommits({ districtId, after, limit: commitsPerPage })
    const last = page.at(-1)
    if (last === undefined) break
    for (const { runId } of page) await count(runId, 0)
    after = last.version
  }
  return { commits, changes: Math.max(0, changes), oldestAt }
}

import type { RosterCommit, RosterStorage } from "../../storage/contract.ts"
import type { DeliveryPlace } from "./delivery-state.ts"
import { snapshotSteps } from "./delivery-steps.ts"

/** The place where a target begins that is added at a version of the district. */
export function firstPlace(version: number): DeliveryPlace {
  const step = snapshotSteps[0]?.name ?? null
  return { phase: "snapshot", version, runId: null, step, after: "", done: 0 }
}

/** The first commit after a version; undefined if there is none yet. */
export async function nextCommit(
  { storage, districtId }: { storage: RosterStorage; districtId: string },
  version: number,
): Promise<RosterCommit | undefined> {
  const [commit] = await storage.listCommits({ districtId, after: version, limit: 1 })
  return commit
}

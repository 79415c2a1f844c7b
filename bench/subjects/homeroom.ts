import { isDeepStrictEqual } from "node:util"
import { CleverClient } from "../../src/clever/index.ts"
import { RosterSync } from "../../src/roster/roster-sync.ts"
import type { SyncProgress } from "../../src/roster/run-context.ts"
import type { ImportMode, Run } from "../../src/storage/contract.ts"
import { storageAt } from "./databases.ts"

export interface ImportOptions {
  /** Where the district is served: the API's address up to the version. */
  apiUrl: string
  districtId: string
  mode?: ImportMode
  onProgress?: (progress: SyncProgress) => void
}

/** Homeroom with its roster in a database of its own, opened for as long as the work needs it. */
export async function withRoster<Result>(
  database: string,
  work: (importDistrict: (options: ImportOptions) => Promise<Run>) => Promise<Result>,
): Promise<Result> {
  const storage = storageAt(database)
  await storage.open()
  try {
    return await work(async ({ apiUrl, districtId, mode = "bulk", onProgress }) => {
      const clever = new CleverClient({ districtToken: "bench", apiUrl })
      // A short lease, so that what was killed can be taken up at once.
      const lease = { ttlMs: 2_000, heartbeatMs: 500 }
      const roster = new RosterSync({ clever, storage, lease })
      const progress = onProgress === undefined ? {} : { onProgress }
      return await roster.sync({ districtId, mode, waitMs: 10_000, ...progress })
    })
  } finally {
    await storage.close()
  }
}

/** What an import must have done; throws if it did something else, for then its time means nothing. */
export function expectRun(
  run: Run,
  expected: { state: Run["state"]; mode: ImportMode; created: number; updated: number },
): void {
  const sum = (name: "created" | "updated"): number =>
    Object.values(run.counts).reduce((total, counts) => total + counts[name], 0)
  const found = { state: run.state, mode: run.mode, created: sum("created"), updated: sum("updated") }
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`A run was ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}.`)
  }
}

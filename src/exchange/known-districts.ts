import type { RosterStorage, Run } from "../storage/contract.ts"

const runsPerPage = 500

/** The districts that the storage has a connection or a run of, those first whose roster has this user. */
export async function knownDistricts(storage: RosterStorage, userId: string): Promise<string[]> {
  const known = new Set((await storage.listConnections()).map(({ districtId }) => districtId))
  let before: Run | undefined
  for (;;) {
    const runs = await storage.listRuns({ before, limit: runsPerPage })
    for (const { districtId } of runs) known.add(districtId)
    before = runs.at(-1)
    if (runs.length < runsPerPage) break
  }
  const having: string[] = []
  const others: string[] = []
  for (const districtId of [...known].sort()) {
    const found = await storage.getRecords({ districtId, kind: "user", ids: [userId] })
    if (found.length > 0) having.push(districtId)
    else others.push(districtId)
  }
  return [...having, ...others]
}

import { CleverClient } from "../../src/clever/index.ts"
import { RosterSync } from "../../src/roster/roster-sync.ts"
import type { Target } from "../../src/roster/targets/target.ts"
import { TargetDelivery } from "../../src/roster/targets/target-delivery.ts"
import { storageAt } from "./databases.ts"
import type { ImportOptions } from "./homeroom.ts"

/** The steps of a first import that is planned first; each tells how many records it had to do with. */
export interface PlannedImport {
  plan(): Promise<number>
  apply(): Promise<number>
  deliver(): Promise<number>
}

/** Takes everything and does nothing with it: what is measured is what a target waits for. */
const target: Target = {
  name: "bench",
  create: async () => {},
  update: async () => {},
  archive: async () => {},
  restore: async () => {},
}

export async function withPlannedImport(
  database: string,
  { apiUrl, districtId }: ImportOptions,
  work: (steps: PlannedImport) => Promise<void>,
): Promise<void> {
  const storage = storageAt(database)
  await storage.open()
  try {
    const clever = new CleverClient({ districtToken: "bench", apiUrl })
    const roster = new RosterSync({ clever, storage })
    let planned: { id: string; hash: string } | undefined
    await work({
      async plan() {
        const plan = await roster.plan({ districtId, mode: "bulk" })
        planned = plan
        return sumOf(Object.values(plan.counts).map(({ created }) => created))
      },
      async apply() {
        if (planned === undefined) throw new Error("There is no plan to apply.")
        const run = await roster.apply(planned.id, { approve: planned.hash, by: "bench", why: "" })
        return sumOf(Object.values(run.counts).map(({ created }) => created))
      },
      async deliver() {
        const { delivered } = await new TargetDelivery({ storage, target }).deliver({ districtId })
        return delivered.create
      },
    })
  } finally {
    await storage.close()
  }
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

import { setTimeout as delay } from "node:timers/promises"
import { CleverClient } from "../../src/clever/index.ts"
import { type ImportQueue, InProcessQueue, type QueueWork } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/roster-sync.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { BossQueue } from "../../src/worker/index.ts"
import { apiPath } from "../district/page-set.ts"
import { databaseAt, isPostgres, removeDatabase, storageAt } from "../subjects/databases.ts"
import type { FairnessTimes, MeasureTask, ServedDistrict, Taken } from "../tasks.ts"
import { timed } from "./stopwatch.ts"

type FairnessTask = Extract<MeasureTask, { task: "fairness" }>

/** How many imports at once: large ones have half of them at most. */
const places = 4

/** Imports many small districts from one queue, again and again: alone, and behind a large one that came before them. */
export async function measureFairness(task: FairnessTask): Promise<FairnessTimes> {
  const { small, rounds } = task
  const simulator = await startSimulator({ seed: 1, districts: small, users: 12, schools: 1 })
  const times: FairnessTimes = { alone: [], beside: [] }
  try {
    for (let round = 0; round < rounds; round++) {
      times.alone.push(await importSmall(task, simulator))
      times.beside.push(await importSmall(task, simulator, task.district))
    }
  } finally {
    await simulator.close()
  }
  return times
}

/** What it takes until the last small district is imported, from nothing. */
async function importSmall(
  { folder }: FairnessTask,
  { apiUrl, authUrl, clientId, clientSecret, districts }: Simulator,
  large?: ServedDistrict,
): Promise<Taken> {
  const database = databaseAt(folder, "fairness")
  const storage = storageAt(database)
  await storage.open()
  const queue = queueAt(database, storage)
  const small = new CleverClient({ apiUrl, authUrl, clientId, clientSecret })
  const served = large === undefined ? apiUrl : large.origin + apiPath(large.users)
  const rosterOfSmall = new RosterSync({ clever: small, storage })
  const rosterOfLarge = new RosterSync({
    clever: new CleverClient({ districtToken: "bench", apiUrl: served }),
    storage,
  })
  const add = (districtId: string, records: number) =>
    queue.add({ districtId, records, mode: "bulk", reason: "requested", requestedBy: "bench" })
  if (large !== undefined) await add(large.districtId, large.records)
  for (const { id } of districts) await add(id, 20)
  const left = new Set(districts.map(({ id }) => id))
  let work: QueueWork | undefined
  try {
    return await timed(async () => {
      work = await queue.work(
        async ({ districtId }, { signal }) => {
          const roster = districtId === large?.districtId ? rosterOfLarge : rosterOfSmall
          await roster.sync({ districtId, mode: "bulk", signal })
          left.delete(districtId)
        },
        { concurrency: places },
      )
      while (left.size > 0) await delay(5)
    })
  } finally {
    // The large one is asked to stop where it is.
    await work?.stop()
    if (queue instanceof BossQueue) await queue.close()
    await storage.close()
    await removeDatabase(database)
  }
}

function queueAt(database: string, storage: ReturnType<typeof storageAt>): ImportQueue {
  if (!isPostgres(database)) return new InProcessQueue({ storage })
  const [connectionString] = database.split("#")
  return new BossQueue({ connectionString, schema: "bench_queue", pollMs: 500 })
}

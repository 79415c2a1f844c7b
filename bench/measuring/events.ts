import { apiPath, eventsInBatch } from "../district/page-set.ts"
import { databaseAt, removeDatabase } from "../subjects/databases.ts"
import { expectRun, withRoster } from "../subjects/homeroom.ts"
import type { EventTimes, MeasureTask } from "../tasks.ts"
import { timed } from "./stopwatch.ts"

type EventsTask = Extract<MeasureTask, { task: "events" }>

/** Rounds that are thrown away. */
export const eventWarmUps = 2

/** Imports each district once, then applies one batch of events after another to each of them in turn. */
export async function measureEvents({ districts, rounds, folder }: EventsTask): Promise<EventTimes> {
  const times: EventTimes = {}
  const databaseOf = (users: number): string => databaseAt(folder, `events-${users}`)
  for (const { origin, users, districtId } of districts) {
    times[users] = []
    await withRoster(databaseOf(users), (importDistrict) =>
      importDistrict({ apiUrl: origin + apiPath(users), districtId }),
    )
  }
  for (let round = 0; round < eventWarmUps + rounds; round++) {
    for (const { origin, users, districtId } of districts) {
      const apiUrl = origin + apiPath(users, { batches: round + 1 })
      await withRoster(databaseOf(users), async (importDistrict) => {
        const taken = await timed(async () => {
          const run = await importDistrict({ apiUrl, districtId, mode: "delta" })
          expectRun(run, { state: "applied", mode: "delta", created: 0, updated: eventsInBatch })
        })
        if (round >= eventWarmUps) times[users]?.push(taken)
      })
    }
  }
  for (const { users } of districts) await removeDatabase(databaseOf(users))
  return times
}

import { apiPath, type Variant } from "../district/page-set.ts"
import { importBarely } from "../subjects/bare.ts"
import { importCarefully } from "../subjects/careful.ts"
import { databaseAt, isPostgres, removeDatabase, runOn } from "../subjects/databases.ts"
import { readFloor } from "../subjects/floor.ts"
import { expectRun, withRoster } from "../subjects/homeroom.ts"
import { importNaively } from "../subjects/naive.ts"
import { withPlannedImport } from "../subjects/planned.ts"
import { importRowByRow } from "../subjects/row-by-row.ts"
import type { MeasureTask, RoundTimes, ServedDistrict, Subject, Taken } from "../tasks.ts"
import { timed } from "./stopwatch.ts"

type RoundsTask = Extract<MeasureTask, { task: "rounds" }>

/** Times every subject once a round, one after another in one process, after warming all of them up. */
export async function measureRounds(task: RoundsTask): Promise<RoundTimes> {
  const { district, warmUp, rounds, latencyMs, folder } = task
  for (let round = 0; round < 2; round++) {
    // A commit a record takes minutes, warm or not.
    const subjects = task.subjects.filter((subject) => !subject.startsWith("rows-"))
    await runRound({ district: warmUp, subjects, latencyMs: 0, folder })
  }
  const times: RoundTimes = {}
  for (let round = 0; round < rounds; round++) {
    const roundTimes = await runRound({ district, subjects: task.subjects, latencyMs, folder })
    for (const [subject, taken] of roundTimes) {
      times[subject] ??= []
      times[subject].push(taken)
    }
  }
  return times
}

interface RoundOptions {
  district: ServedDistrict
  subjects: readonly Subject[]
  latencyMs: number
  folder: string
}

async function runRound(options: RoundOptions): Promise<Map<Subject, Taken>> {
  const { district, subjects, latencyMs, folder } = options
  const url = (variant: Variant): string => district.origin + apiPath(district.users, { variant, latencyMs })
  const times = new Map<Subject, Taken>()
  const time = async (subject: Subject, work: () => Promise<number>): Promise<void> => {
    if (!subjects.includes(subject)) return
    const taken = await timed(async () => {
      const records = await work()
      if (records !== district.records) {
        throw new Error(`${subject} saw ${records} of ${district.records} records.`)
      }
    })
    times.set(subject, taken)
  }

  await time("floor", () => readFloor(url("base")))
  await runHomeroom(options, url, times)
  await runPlanned(options, url("base"), time)
  if (isPostgres(folder)) {
    await runPeers(url("base"), folder, time)
    return times
  }
  const bare = databaseAt(folder, "bare")
  await time("bare", () => importBarely(url("base"), district.districtId, bare))
  await removeDatabase(bare)
  const naive = databaseAt(folder, "naive")
  await time("naive-first", () => importNaively(url("base"), naive))
  await time("naive-resync", () => importNaively(url("base"), naive))
  await removeDatabase(naive)
  return times
}

/** The two that others write for PostgreSQL. */
async function runPeers(
  apiUrl: string,
  databaseUrl: string,
  time: (subject: Subject, work: () => Promise<number>) => Promise<void>,
): Promise<void> {
  await time("rows-first", () => importRowByRow(apiUrl, databaseUrl))
  await time("rows-resync", () => importRowByRow(apiUrl, databaseUrl))
  await time("careful-first", () => importCarefully(apiUrl, databaseUrl))
  await time("careful-resync", () => importCarefully(apiUrl, databaseUrl))
  await runOn(databaseUrl, "DROP TABLE IF EXISTS row_by_row, careful")
}

/** A first import in steps: planned and hashed, applied, and all of it given to a target. */
async function runPlanned(
  { district, subjects, folder }: RoundOptions,
  apiUrl: string,
  time: (subject: Subject, work: () => Promise<number>) => Promise<void>,
): Promise<void> {
  if (!plannedSubjects.some((subject) => subjects.includes(subject))) return
  const path = databaseAt(folder, "planned")
  await withPlannedImport(path, { apiUrl, districtId: district.districtId }, async (steps) => {
    for (const subject of plannedSubjects) {
      // A step that is not timed is taken all the same: the next one needs it.
      if (subjects.includes(subject)) await time(subject, steps[subject])
      else await steps[subject]()
    }
  })
  await removeDatabase(path)
}

const plannedSubjects = ["plan", "apply", "deliver"] as const

/** Each import finds what the one before it left: a new file, the same, 1 % changed, and all keys turned round. */
async function runHomeroom(
  { district, subjects, folder }: RoundOptions,
  url: (variant: Variant) => string,
  times: Map<Subject, Taken>,
): Promise<void> {
  const path = databaseAt(folder, "homeroom")
  const { districtId, records, changedRecords } = district
  const steps = [
    { subject: "first", variant: "base", state: "applied", created: records, updated: 0 },
    { subject: "unchanged", variant: "base", state: "unchanged", created: 0, updated: 0 },
    { subject: "changed", variant: "changed", state: "applied", created: 0, updated: changedRecords },
    { subject: "reordered", variant: "reordered", state: "unchanged", created: 0, updated: 0 },
  ] as const
  const last = steps.findLastIndex(({ subject }) => subjects.includes(subject))
  for (const { subject, variant, ...expected } of steps.slice(0, last + 1)) {
    // Opened anew, as by a process that starts on the next day; opening and closing are not timed.
    await withRoster(path, async (importDistrict) => {
      const taken = await timed(async () => {
        const run = await importDistrict({ apiUrl: url(variant), districtId })
        expectRun(run, { mode: "bulk", ...expected })
      })
      if (subjects.includes(subject)) times.set(subject, taken)
    })
  }
  await removeDatabase(path)
}

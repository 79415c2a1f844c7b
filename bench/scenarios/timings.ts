import { sizeName } from "../options.ts"
import { type Bounds, bounds, type Figure, ratioOf } from "../report/figures.ts"
import { compare } from "../report/statistics.ts"
import type { RoundTimes, ServedDistrict, Subject } from "../tasks.ts"
import { type Bench, limitFor, measure } from "./scenario.ts"

interface Wanted {
  name: string
  what: string
  subject: Subject
  against: Subject
  bounds?: Bounds
}

/** F, P1 to P4, P6 and the peers: everything that is timed on one district, interleaved in one process. */
export async function timings(bench: Bench, district: ServedDistrict): Promise<Figure[]> {
  const comparisons = bench.options.storage === "postgres" ? onPostgres(district) : comparisonsFor(district)
  const wanted = comparisons.filter(({ name }) => bench.wants(name))
  const warmUp = bench.districts[0]
  if (wanted.length === 0 || warmUp === undefined) return []
  const subjects = [...new Set<Subject>(["floor", ...wanted.flatMap((one) => [one.subject, one.against])])]
  const rounds = bench.options.runs ?? (district.users >= 1_000_000 ? 3 : 5)
  bench.note(`timing ${subjects.join(", ")} on ${sizeName(district.users)} users, ${rounds} rounds`)
  const times = await measure<RoundTimes>(
    bench,
    { task: "rounds", district, warmUp, subjects, rounds, latencyMs: 0, folder: bench.folder },
    limitFor(district.users, subjects.reduce((sum, one) => sum + passesOf(one), 0) * rounds),
  )
  return figuresOf(times, wanted, district)
}

/** How many readings of the district a subject may take as long as; one commit a record takes its time. */
function passesOf(subject: Subject): number {
  return subject.startsWith("rows-") ? 100 : 1
}

/** P9: the same with a latency on every page, where most of the time is waiting. */
export async function latency(bench: Bench, district: ServedDistrict): Promise<Figure[]> {
  const warmUp = bench.districts[0]
  if (!bench.wants("P9") || warmUp === undefined) return []
  const rounds = bench.options.runs ?? 5
  bench.note(`timing with 100 ms of latency on ${sizeName(district.users)} users, ${rounds} rounds`)
  const times = await measure<RoundTimes>(
    bench,
    {
      task: "rounds",
      district,
      warmUp,
      subjects: ["floor", "first", "unchanged"],
      rounds,
      latencyMs: 100,
      folder: bench.folder,
    },
    limitFor(district.users, 6 * rounds),
  )
  const limited = district.users === 100_000
  const wanted: Wanted[] = [
    {
      name: "P9",
      what: "first import ÷ F, 100 ms a page",
      subject: "first",
      against: "floor",
      ...(limited && { bounds: bounds.P9first }),
    },
    {
      name: "P9",
      what: "unchanged resync ÷ F, 100 ms a page",
      subject: "unchanged",
      against: "floor",
      ...(limited && { bounds: bounds.P9unchanged }),
    },
  ]
  return figuresOf(times, wanted, district).filter(({ name }) => name === "P9")
}

function comparisonsFor({ users }: ServedDistrict): Wanted[] {
  const at = (size: number, limits: Bounds): { bounds?: Bounds } => (users === size ? { bounds: limits } : {})
  const large = users >= 1_000_000
  const all: Wanted[] = [
    {
      name: large ? "P2" : "P1",
      what: "first import ÷ F",
      subject: "first",
      against: "floor",
      ...(large ? at(1_000_000, bounds.P2) : at(100_000, bounds.P1)),
    },
    {
      name: "P3",
      what: "unchanged resync ÷ F",
      subject: "unchanged",
      against: "floor",
      ...(users >= 100_000 && { bounds: bounds.P3 }),
    },
  ]
  if (large) return all
  return [
    ...all,
    {
      name: "P4",
      what: "resync, 1 % changed ÷ F",
      subject: "changed",
      against: "floor",
      ...at(100_000, bounds.P4),
    },
    {
      name: "P6",
      what: "resync, all keys reordered ÷ F",
      subject: "reordered",
      against: "floor",
      ...at(100_000, bounds.P6),
    },
    { name: "B", what: "bare insert of the same ÷ F", subject: "bare", against: "floor" },
    { name: "B", what: "first import ÷ bare insert: plan, log, index", subject: "first", against: "bare" },
    {
      name: "C",
      what: "planning a first import, with its hash ÷ first import",
      subject: "plan",
      against: "first",
    },
    { name: "C", what: "applying that plan ÷ first import", subject: "apply", against: "first" },
    { name: "C", what: "giving all of it to a target ÷ first import", subject: "deliver", against: "first" },
    { name: "N", what: "naive first import ÷ F", subject: "naive-first", against: "floor" },
    { name: "N", what: "naive resync ÷ F", subject: "naive-resync", against: "floor" },
    { name: "N", what: "naive first import ÷ Homeroom's", subject: "naive-first", against: "first" },
    { name: "N", what: "naive resync ÷ Homeroom's", subject: "naive-resync", against: "unchanged" },
  ]
}

/** The same on PostgreSQL, beside what others write for it. */
function onPostgres(district: ServedDistrict): Wanted[] {
  const own = comparisonsFor(district).filter(({ name }) => /^P/.test(name))
  const peer = (
    name: string,
    what: string,
    [subject, against]: [Subject, Subject],
    limits: Bounds,
  ): Wanted => ({
    name,
    what,
    subject,
    against,
    ...(district.users === 100_000 && { bounds: limits }),
  })
  if (district.users >= 1_000_000) return own
  return [
    ...own,
    peer("P10", "clever 0.12.1, knex upsert a row ÷ first import", ["rows-first", "first"], bounds.P10first),
    peer("P10", "the same ÷ unchanged resync", ["rows-resync", "unchanged"], bounds.P10resync),
    peer("P11", "a careful app, batches of 500 ÷ first import", ["careful-first", "first"], bounds.P11first),
    peer("P11", "the same ÷ unchanged resync", ["careful-resync", "unchanged"], bounds.P11resync),
  ]
}

function figuresOf(times: RoundTimes, comparisons: readonly Wanted[], { users }: ServedDistrict): Figure[] {
  const size = sizeName(users)
  const floor = times.floor ?? []
  const figures = [ratioOf(compare(floor, floor), { name: "F", what: "the floor: fetch and parse", size })]
  for (const { name, what, subject, against, bounds: limits } of comparisons) {
    const compared = compare(times[subject] ?? [], times[against] ?? [])
    figures.push(ratioOf(compared, { name, what, size, bounds: limits }))
  }
  return figures
}

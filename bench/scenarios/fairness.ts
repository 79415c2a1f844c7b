import { sizeName } from "../options.ts"
import { type Figure, ratioOf } from "../report/figures.ts"
import { compare } from "../report/statistics.ts"
import type { FairnessTimes, ServedDistrict } from "../tasks.ts"
import { type Bench, measure } from "./scenario.ts"

const small = 500
const limitMs = 40 * 60_000

/** Q: whether a large district starves small ones that wait behind it on the same queue, in the same process. */
export async function fairness(bench: Bench, largest: ServedDistrict): Promise<Figure[]> {
  if (!bench.wants("Q")) return []
  const rounds = bench.options.runs ?? 3
  const size = sizeName(largest.users)
  bench.note(`importing ${small} small districts behind one of ${size} users, ${rounds} rounds`)
  const times = await measure<FairnessTimes>(
    bench,
    { task: "fairness", district: largest, small, rounds, folder: bench.folder },
    limitMs,
  )
  return [
    ratioOf(compare(times.beside, times.alone), {
      name: "Q",
      what: `${small} small districts behind a large one on the queue ÷ without it`,
      size,
    }),
  ]
}

import { sizeName } from "../options.ts"
import { type Figure, ratioOf } from "../report/figures.ts"
import { compare } from "../report/statistics.ts"
import type { ConsolePages, ServedDistrict } from "../tasks.ts"
import { type Bench, limitFor, measure } from "./scenario.ts"

/** D: the console's page on a large import beside that on a small one, and a late page of its changes beside the first. */
export async function consolePages(bench: Bench, usual: ServedDistrict): Promise<Figure[]> {
  const [small] = bench.districts
  if (!bench.wants("D") || small === undefined || small.users === usual.users) return []
  const rounds = (bench.options.runs ?? 5) * 4
  const size = sizeName(usual.users)
  bench.note(`opening the details of imports of ${sizeName(small.users)} and ${size} users, ${rounds} rounds`)
  const pages = await measure<ConsolePages>(
    bench,
    { task: "console-pages", districts: [small, usual], rounds, folder: bench.folder },
    limitFor(usual.users, 3),
  )
  const ofSmall = pages[small.users]
  const ofUsual = pages[usual.users]
  if (ofSmall === undefined || ofUsual === undefined) return []
  const count = (changes: number): string => changes.toLocaleString("en-US")
  return [
    ratioOf(compare(ofUsual.first, ofSmall.first), {
      name: "D",
      what: `Import details, ${count(ofUsual.changes)} changes ÷ ${count(ofSmall.changes)}`,
      size,
    }),
    ratioOf(compare(ofUsual.late, ofUsual.first), {
      name: "D",
      what: "a late page of its changes ÷ the first",
      size,
    }),
  ]
}

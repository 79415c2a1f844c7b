import { apiPath, type Variant } from "../district/page-set.ts"
import { sizeName } from "../options.ts"
import { ChildFailure, runChild } from "../process/children.ts"
import { bounds, type Figure, figureOf } from "../report/figures.ts"
import { removeDatabase } from "../subjects/databases.ts"
import type { ImportReport, ImportTask, ServedDistrict } from "../tasks.ts"
import { type Bench, databaseIn, limitFor, profileFlags } from "./scenario.ts"

/** As the command line sets it for imports. */
const commandLineFlags = ["--max-semi-space-size=4"]

const imports: readonly (readonly [what: string, variant: Variant])[] = [
  ["first import", "base"],
  ["unchanged resync", "base"],
  ["resync, 1 % changed", "changed"],
  ["resync, all keys reordered", "reordered"],
]

/** P7: the most memory that a process took which did one import and nothing else. */
export async function memory(bench: Bench, district: ServedDistrict): Promise<Figure[]> {
  if (!bench.wants("P7")) return []
  const database = databaseIn(bench, "memory")
  const { districtId, users } = district
  const figures: Figure[] = []
  for (const [what, variant] of imports) {
    if (!district.variants.includes(variant)) continue
    bench.note(`measuring the memory of: ${what} of ${sizeName(users)} users`)
    const apiUrl = district.origin + apiPath(users, { variant })
    const task: ImportTask = { apiUrl, districtId, database }
    const report = await runChild<ImportReport>({
      program: bench.programs.importOnce,
      task,
      execArgv: [...commandLineFlags, ...profileFlags(bench, `${sizeName(users)} ${what}`)],
      limitMs: limitFor(users, 2),
    })
    if (report.type !== "done") throw new ChildFailure("An import ended before its end.")
    figures.push(
      figureOf([report.peakBytes / 1024 ** 2], {
        name: "P7",
        what: `peak memory, ${what}`,
        size: sizeName(users),
        unit: "MiB",
        milliseconds: report.milliseconds,
        bounds: bench.options.storage === "postgres" ? bounds.P7postgres : bounds.P7,
      }),
    )
  }
  await removeDatabase(database)
  return figures
}

import { setTimeout as delay } from "node:timers/promises"
import { apiPath } from "../district/page-set.ts"
import { sizeName } from "../options.ts"
import { ChildFailure, exitOf, startChild } from "../process/children.ts"
import { bounds, type Figure, figureOf } from "../report/figures.ts"
import { removeDatabase } from "../subjects/databases.ts"
import type { ImportReport, ImportTask, ServedDistrict } from "../tasks.ts"
import { type Bench, databaseIn, limitFor } from "./scenario.ts"

/** At which shares of the listing the process is killed. */
const killPoints = [0.1, 0.3, 0.5, 0.7, 0.9]

/** What was done twice because of a kill. */
interface Repeated {
  /** Pages that were compared with the roster, or begun to be. */
  pages: number
  /** Requests for pages: the page that is fetched ahead counts as well. */
  requests: number
}

/** P12: the pages worked on a second time when a first import is killed and taken up again. */
export async function resuming(bench: Bench, district: ServedDistrict): Promise<Figure[]> {
  if (!bench.wants("P12")) return []
  const repeated: Repeated[] = []
  for (const share of killPoints) {
    bench.note(`killing a first import of ${sizeName(district.users)} users at ${share * 100} %`)
    repeated.push(await killAndResume(bench, district, share * district.records))
  }
  const about = { name: "P12", unit: "pages", size: sizeName(district.users) } as const
  const figures = [
    figureOf(
      repeated.map(({ pages }) => pages),
      { ...about, what: "most pages compared again after SIGKILL", bounds: bounds.P12 },
    ),
    figureOf(
      repeated.map(({ requests }) => requests),
      { ...about, what: "most pages fetched again, the one ahead included" },
    ),
  ]
  return figures.map((figure) => ({ ...figure, measured: figure.most }))
}

async function killAndResume(bench: Bench, district: ServedDistrict, killAt: number): Promise<Repeated> {
  const { origin, users, districtId, records } = district
  const database = databaseIn(bench, "resume")
  await removeDatabase(database)
  const task: ImportTask = { apiUrl: origin + apiPath(users), districtId, database }
  await bench.server.takeRequested()
  const killed = await importUntil(bench, task, users, killAt)
  const resumed = await importUntil(bench, task, users)
  await removeDatabase(database)
  const end = resumed.last
  if (killed.signal !== "SIGKILL" || end?.type !== "done" || end.resumed !== 1 || end.records !== records) {
    throw new ChildFailure(`A killed import was not resumed (${killed.signal}, ${JSON.stringify(end)}).`)
  }
  const requested = [...(await bench.server.takeRequested())].filter(
    ([address]) => !address.includes("/events"),
  )
  const sent = requested.reduce((sum, [, count]) => sum + count, 0)
  return {
    // Those told of were staged. Of the one behind them, begun at least, no more than a batch was compared before that.
    pages: killed.pages + 1 + resumed.pages - requested.length,
    requests: sent - requested.length,
  }
}

/** Runs an import to its end, or kills it a random moment after it has seen so many records. */
async function importUntil(
  bench: Bench,
  task: ImportTask,
  users: number,
  killAt = Number.POSITIVE_INFINITY,
): Promise<{ pages: number; last: ImportReport | undefined; signal: string | null }> {
  const child = startChild({ program: bench.programs.importOnce, task, limitMs: limitFor(users, 2) })
  let pages = 0
  let last: ImportReport | undefined
  child.on("message", (message: ImportReport) => {
    last = message
    if (message.type === "page-compared") pages++
    else if (message.type === "progress" && message.records >= killAt) {
      void delay(Math.random() * 100).then(() => child.kill("SIGKILL"))
    }
  })
  const [, signal] = await exitOf(child)
  return { pages, last, signal }
}

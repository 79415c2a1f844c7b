/** The measuring process: does the one task that it was started with and tells its parent the result. */
import { measureConsolePages } from "./measuring/console-pages.ts"
import { measureEvents } from "./measuring/events.ts"
import { measureFairness } from "./measuring/fairness.ts"
import { measureLogins } from "./measuring/logins.ts"
import { measureRounds } from "./measuring/rounds.ts"
import { countRowsWritten } from "./measuring/rows-written.ts"
import type {
  ConsolePages,
  EventTimes,
  FairnessTimes,
  LoginTimes,
  MeasureTask,
  RoundTimes,
  RowsWritten,
} from "./tasks.ts"

function perform(
  task: MeasureTask,
): Promise<RoundTimes | EventTimes | RowsWritten | LoginTimes | FairnessTimes | ConsolePages> {
  if (task.task === "rounds") return measureRounds(task)
  if (task.task === "events") return measureEvents(task)
  if (task.task === "logins") return measureLogins(task)
  if (task.task === "console-pages") return measureConsolePages(task)
  if (task.task === "fairness") return measureFairness(task)
  return countRowsWritten(task)
}

const result = await perform(JSON.parse(process.argv[2] ?? "") as MeasureTask)
process.send?.(result)
process.disconnect?.()

import { type Command, Option } from "commander"
import { type Connection, Connections, nextImport, type ScheduleSettings } from "../../entries/exchange.ts"
import type { RosterStorage } from "../../index.ts"
import { withStorage } from "../environment.ts"
import { noSource } from "../no-source.ts"
import { districtOption, readDates, wholeNumber } from "../options.ts"
import { withOutput } from "../output.ts"

interface ScheduleOptions {
  district: string
  cron?: string | undefined
  zone?: string | undefined
  blackout?: NonNullable<ScheduleSettings["blackout"]> | undefined
  blackoutNone?: true | undefined
  jitter?: number | undefined
  bulkEvery?: number | undefined
  lessThanDaily?: true | undefined
  daily?: true | undefined
  reset?: true | undefined
  json?: true | undefined
}

/** `homeroom schedule`: when a district is imported by itself. */
export function addSchedule(program: Command): void {
  program
    .command("schedule")
    .summary("show or set when a district is imported by itself")
    .description(
      "Shows when homeroom worker imports the district, and sets what is given of it; the rest stays. Without a " +
        "schedule of its own a district is imported every night.",
    )
    .addOption(districtOption())
    .option(
      "--cron <expression>",
      "minute, hour, day of the month, month and day of the week: '30 3 * * 1-5'",
    )
    .option("--zone <zone>", "the IANA time zone of times and dates: America/Chicago")
    .option(
      "--blackout <dates>",
      "nothing begins on these days: 2026-12-24, or 2026-12-24..2027-01-01; replaces those that there are",
      readDates,
    )
    .option("--blackout-none", "no day is left out any more")
    .option(
      "--jitter <minutes>",
      "each time is later by up to so many minutes, always the same",
      wholeNumber(0, 720),
    )
    .option("--bulk-every <days>", "list everything after so many days; 0: never", wholeNumber(0, 365))
    .addOption(
      new Option("--less-than-daily", "no import on days that the expression leaves out").conflicts("daily"),
    )
    .option("--daily", "an import on every day, the default")
    .option("--reset", "forget the district's own schedule first")
    .option("--json", "print one JSON object")
    .action((options: ScheduleOptions) => withStorage((storage) => run(storage, options)))
}

async function run(storage: RosterStorage, options: ScheduleOptions): Promise<void> {
  const { district, json } = options
  const connections = new Connections({ storage, clever: noSource })
  const given = givenIn(options)
  const isSet = options.reset === true || Object.keys(given).length > 0
  const connection = isSet
    ? await connections.changeSettings(district, {
        by: "cli",
        change: ({ schedule, ...settings }) => {
          const next = { ...(options.reset ? {} : schedule), ...given }
          return Object.keys(next).length === 0 ? settings : { ...settings, schedule: next }
        },
      })
    : await connections.get(district)
  await print(storage, connection, json === true)
}

function givenIn(options: ScheduleOptions): ScheduleSettings {
  const { cron, zone, blackout, blackoutNone, jitter, bulkEvery, lessThanDaily, daily } = options
  return {
    ...(cron === undefined ? {} : { cron }),
    ...(zone === undefined ? {} : { timeZone: zone }),
    ...(blackoutNone === true ? { blackout: [] } : {}),
    ...(blackout === undefined ? {} : { blackout }),
    ...(jitter === undefined ? {} : { jitterMinutes: jitter }),
    ...(bulkEvery === undefined ? {} : { bulkEveryDays: bulkEvery }),
    ...(daily === true ? { atLeastDaily: true } : {}),
    ...(lessThanDaily === true ? { atLeastDaily: false } : {}),
  }
}

async function print(storage: RosterStorage, connection: Connection, json: boolean): Promise<void> {
  const { districtId } = connection
  const { schedule, state, at, lastAt } = await nextImport({ storage, connection })
  await withOutput(async (output) => {
    if (json) return output.line(JSON.stringify({ districtId, state, nextAt: at, lastAt, schedule }))
    const { cron, timeZone, jitterMinutes, blackout, bulkEveryDays, atLeastDaily } = schedule
    const days = blackout.map((entry) => (typeof entry === "string" ? entry : `${entry.from}..${entry.to}`))
    const lines = [
      `District ${districtId}`,
      `  next       ${at ?? "never"}${why(state)}`,
      `  last       ${lastAt ?? "not yet"}`,
      `  cron       ${cron}${atLeastDaily ? ", and on every other day at the first of its times" : ""}`,
      `  zone       ${timeZone}`,
      `  jitter     up to ${jitterMinutes} minutes`,
      `  blackout   ${days.length === 0 ? "none" : days.join(", ")}`,
      `  bulk       ${bulkEveryDays === 0 ? "never by itself" : `every ${bulkEveryDays} days`}`,
    ]
    for (const line of lines) await output.line(line)
  })
}

function why(state: "scheduled" | "quarantined" | "off"): string {
  if (state === "quarantined") return " (quarantined: homeroom connections says why)"
  return state === "off" ? " (the connection is not active with provisioning)" : ""
}

import { join } from "node:path"
import type { BenchOptions } from "../options.ts"
import type { Programs } from "../process/build.ts"
import { runChild } from "../process/children.ts"
import type { PageServer } from "../process/page-server.ts"
import { databaseAt } from "../subjects/databases.ts"
import type { MeasureTask, ServedDistrict } from "../tasks.ts"

/** What every scenario has to work with. */
export interface Bench {
  options: BenchOptions
  programs: Programs
  server: PageServer
  /** For databases, a folder or the URL of a PostgreSQL database; emptied at the end. */
  folder: string
  /** Ascending in size. */
  districts: readonly ServedDistrict[]
  wants: (figure: string) => boolean
  note: (text: string) => void
}

const minute = 60_000

/** How long a process may take that reads a district so many times over. */
export function limitFor(users: number, passes: number): number {
  return minute + passes * (users / 1_000_000) * 3 * minute
}

/** Runs a task in a measuring process of its own. */
export function measure<Result>(bench: Bench, task: MeasureTask, limitMs: number): Promise<Result> {
  return runChild<Result>({
    program: bench.programs.measure,
    task,
    execArgv: ["--expose-gc", ...profileFlags(bench, task.task)],
    limitMs,
  })
}

/** Makes a process leave a CPU profile behind, if that was asked for. */
export function profileFlags({ options }: Bench, name: string): string[] {
  if (options.profileFolder === undefined) return []
  // A folder for each process: its threads leave profiles of their own.
  const folder = join(options.profileFolder, name.replaceAll(/[^a-z0-9]+/gi, "-"))
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`]
}

export function databaseIn(bench: Bench, name: string): string {
  return databaseAt(bench.folder, name)
}

import type { DatabaseSync } from "node:sqlite"
import { cleanFile } from "./clean-file.ts"
import type { DatabaseOptions } from "./database-options.ts"
import { countTraces } from "./traces.ts"

/** The connection of the thread that does it, outside any transaction. */
interface MaintenanceContext extends DatabaseOptions {
  readonly connection: DatabaseSync
}

/** What concerns the file as a whole and takes its time. */
interface MaintenanceTasks {
  cleanFile(context: MaintenanceContext): Promise<void>
  countTraces(context: MaintenanceContext, text: string): Record<string, number>
}

export const maintenanceTasks: MaintenanceTasks = {
  cleanFile: ({ connection, ...options }) => cleanFile(connection, options),
  countTraces: ({ connection, path }, text) => countTraces(connection, path, text),
}

export type MaintenanceTask = keyof MaintenanceTasks

/** What a task takes after the context. */
export type MaintenanceArguments<Name extends MaintenanceTask> =
  Parameters<MaintenanceTasks[Name]> extends [MaintenanceContext, ...infer Rest] ? Rest : never

export type MaintenanceResult<Name extends MaintenanceTask> = Awaited<ReturnType<MaintenanceTasks[Name]>>

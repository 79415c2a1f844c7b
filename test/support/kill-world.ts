import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type { Simulator } from "../../src/simulator/index.ts"
import type { MortalTask } from "./deaths.ts"
import type { ChildTask } from "./kill-child.ts"
import type { KillDatabase } from "./kill-database.ts"
import type { KillOrder } from "./kill-task.ts"
import { type ChildOutcome, type OnLine, runChild } from "./run-child.ts"
import { copyFiles } from "./sqlite-files.ts"

/** Where a test file kills: databases of its own, and what runs and dies on them. */
export interface KillWorld {
  /** The URL of a database that does not exist yet. */
  newUrl(database: KillDatabase): string
  /** A file for the tables of an app. */
  newAppPath(): string
  /** The URL of a new database that holds what another holds; of an empty one when that is `""`. */
  copyOf(database: KillDatabase, url: string): Promise<string>
  /** A task that dies in this process, each time on copies of what it starts from. */
  mortal<Mark = undefined>(task: {
    database: KillDatabase
    /** An empty database when that is `""`. */
    url: string
    appPath?: string
    live: MortalTask<Mark>["live"]
    mark?: () => Mark
  }): MortalTask<Mark>
  /** Closes the simulator when the tests are over. */
  add(simulator: Simulator): void
  /** Runs a task in a process of its own until it is dead (SIGKILL) or done. */
  runChild(task: ChildTask, onLine?: OnLine): Promise<ChildOutcome>
}

/** Makes the world before the tests of a file and takes it away after them. */
export function useKillWorld(): KillWorld {
  let folder = ""
  let apps = 0
  const made: { database: KillDatabase; url: string }[] = []
  const simulators: Simulator[] = []

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "homeroom-kill-")))
  })

  afterAll(async () => {
    for (const simulator of simulators) await simulator.close()
    for (const { database, url } of made) await database.remove(url)
    for (const database of new Set(made.map(({ database }) => database))) await database.close?.()
    rmSync(folder, { recursive: true, force: true })
  })

  const newUrl = (database: KillDatabase) => {
    const url = database.url(folder, made.length)
    made.push({ database, url })
    return url
  }
  const newAppPath = () => join(folder, `app-${apps++}.db`)
  const copyOf = async (database: KillDatabase, url: string) => {
    const copy = newUrl(database)
    if (url !== "") await database.copy(url, copy)
    return copy
  }
  const keepApp = (path: string) => {
    const kept = newAppPath()
    if (existsSync(path)) copyFiles(path, kept)
    return kept
  }
  return {
    newUrl,
    newAppPath,
    copyOf,
    mortal<Mark>(task: {
      database: KillDatabase
      url: string
      appPath?: string
      live: MortalTask<Mark>["live"]
      mark?: () => Mark
    }): MortalTask<Mark> {
      const { database, url, appPath = "", live, mark = () => undefined as Mark } = task
      return {
        database,
        live,
        mark,
        prepare: async () => ({ url: await copyOf(database, url), appPath: keepApp(appPath) }),
        newUrl: () => newUrl(database),
        keepApp,
      }
    },
    add: (simulator) => void simulators.push(simulator),
    runChild: (task, onLine) => runChild("kill-child.ts", task, onLine),
  }
}

/** The part of an order that says where Clever is. */
export function cleverOf(
  simulator: Simulator,
): Pick<KillOrder, "apiUrl" | "authUrl" | "clientId" | "clientSecret"> {
  const { apiUrl, authUrl, clientId, clientSecret } = simulator
  return { apiUrl, authUrl, clientId, clientSecret }
}

/** The same for a task that asks Clever for nothing. */
export const noClever = {
  apiUrl: "http://127.0.0.1:9",
  authUrl: "http://127.0.0.1:9",
  clientId: "id",
  clientSecret: "secret",
}

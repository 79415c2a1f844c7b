import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type { Simulator } from "../../src/simulator/index.ts"
import type { KillOrder } from "./kill-child.ts"
import type { KillDatabase } from "./kill-database.ts"
import { type ChildOutcome, type OnLine, runChild } from "./run-child.ts"

/** Where a test file kills: databases of its own, and what runs and dies on them. */
export interface KillWorld {
  /** The URL of a database that does not exist yet. */
  newUrl(database: KillDatabase): string
  /** The URL of a new database that holds what another holds; of an empty one when that is `""`. */
  copyOf(database: KillDatabase, url: string): Promise<string>
  /** Closes the simulator when the tests are over. */
  add(simulator: Simulator): void
  /** Runs `kill-child.ts` until it is dead or done. */
  runChild(order: KillOrder, onLine?: OnLine): Promise<ChildOutcome>
  /** The same for another program of `test/support`. */
  runProgram(program: string, order: object, onLine?: OnLine): Promise<ChildOutcome>
}

/** Makes the world before the tests of a file and takes it away after them. */
export function useKillWorld(): KillWorld {
  let folder = ""
  const made: { database: KillDatabase; url: string }[] = []
  const simulators: Simulator[] = []

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "homeroom-kill-"))
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
  const runProgram = (program: string, order: object, onLine?: OnLine) =>
    runChild(program, order, folder, onLine)
  return {
    newUrl,
    async copyOf(database, url) {
      const copy = newUrl(database)
      if (url !== "") await database.copy(url, copy)
      return copy
    },
    add: (simulator) => void simulators.push(simulator),
    runChild: (order, onLine) => runProgram("kill-child.ts", order, onLine),
    runProgram,
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

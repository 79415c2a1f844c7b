import { afterAll, beforeAll } from "vitest"
import { makeDatabase, type PostgresServer, type TestDatabase } from "./postgres.ts"

/** A database of a test file's own while its tests run; afterwards a server that was started for it is stopped. */
export function useDatabase(server: PostgresServer | string): Pick<TestDatabase, "url" | "pool"> {
  let made: TestDatabase | undefined
  const database = (): TestDatabase => {
    if (made === undefined) throw new Error(typeof server === "string" ? server : "There is no database yet.")
    return made
  }
  beforeAll(async () => {
    if (typeof server !== "string") made = await makeDatabase(server)
  })
  afterAll(async () => {
    await made?.drop()
    if (typeof server !== "string") await server.stop()
  })
  return {
    get url() {
      return database().url
    },
    get pool() {
      return database().pool
    },
  }
}

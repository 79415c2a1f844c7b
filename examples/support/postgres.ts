/** The PostgreSQL that an example uses: the one in the environment, else one that lives as long as the program. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { read } from "./clever-app.ts"

/** The address of a database. */
export async function databaseUrl(): Promise<string> {
  const named = read("DATABASE_URL")
  if (named !== undefined) return named
  // In a process group of its own: Ctrl-C is for the program, which may still have something to write.
  const server = fork(join(import.meta.dirname, "postgres-server.ts"), { detached: true })
  const [url] = await Promise.race([once(server, "message"), once(server, "exit")])
  if (typeof url !== "string")
    throw new Error("PostgreSQL does not start here: set DATABASE_URL to a database.")
  server.unref()
  server.channel?.unref()
  console.log("DATABASE_URL is not set: a PostgreSQL of its own runs as long as this program.")
  return url
}

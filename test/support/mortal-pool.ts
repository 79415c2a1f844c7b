import pg from "pg"
import type { PgClientLike, PgPoolLike } from "../../src/storage/postgres/pool.ts"
import type { StatementWatch } from "./kill-database.ts"

type Query = (...parameters: unknown[]) => unknown

/** Connections that can vanish all at once, as those of a process that is killed. */
export class MortalPool implements PgPoolLike {
  readonly #pool: pg.Pool
  readonly #clients = new Set<pg.PoolClient>()
  readonly #watch: StatementWatch
  #isDead = false

  constructor(options: pg.PoolConfig, watch: StatementWatch) {
    this.#watch = watch
    this.#pool = new pg.Pool({ ...options, allowExitOnIdle: true })
    this.#pool.on("error", () => {})
    this.#pool.on("connect", (client) => this.#add(client))
  }

  async connect(): Promise<PgClientLike> {
    if (this.#isDead) return never()
    const client = await this.#pool.connect()
    return this.#isDead ? never() : (client as unknown as PgClientLike)
  }

  /**
   * Cuts every connection. What was sent is on its way to the server, nothing more is ever sent, and whoever waits for
   * an answer waits for ever, as if there were nobody any more.
   */
  vanish(): void {
    this.#isDead = true
    for (const client of this.#clients) cut(client)
    this.#clients.clear()
  }

  async end(): Promise<void> {
    if (!this.#isDead) await this.#pool.end()
  }

  #add(client: pg.PoolClient): void {
    client.on("error", () => {})
    // It was still connecting.
    if (this.#isDead) {
      cut(client)
      return
    }
    this.#clients.add(client)
    const query = client.query.bind(client) as Query
    const shown: Query = (...parameters) => {
      const [asked] = parameters as [string | { text: string }]
      const text = typeof asked === "string" ? asked : asked.text
      // A COPY is a stream, which its sender has at once.
      const isStream = typeof asked === "object" && "submit" in asked
      if (!this.#isDead) this.#watch.before(text)
      if (this.#isDead) return isStream ? asked : never()
      const result = query(...parameters)
      this.#watch.after(text)
      return isStream ? result : this.#whileAlive(result as Promise<unknown>)
    }
    client.query = shown as typeof client.query
  }

  /** What nobody is left to hear of is neither fulfilled nor rejected. */
  async #whileAlive<Result>(result: Promise<Result>): Promise<Result> {
    try {
      const value = await result
      return this.#isDead ? never() : value
    } catch (error) {
      if (this.#isDead) return never()
      throw error
    }
  }
}

function cut(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}

/** A promise that is never settled. */
export function never<Result>(): Promise<Result> {
  return new Promise(() => {})
}

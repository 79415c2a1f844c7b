import type { PgClientLike, PgPoolLike, PgQuery, PgResult } from "./pool.ts"

/** What is used of a `PGlite` of `@electric-sql/pglite`. */
export interface PgliteLike {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; affectedRows?: number | undefined }>
  /** Runs several statements. */
  exec(text: string): Promise<unknown>
}

/**
 * A pool over PGlite, PostgreSQL inside the process: for tests and trials. It has one connection, which everybody who
 * asks for one waits for; let nobody else use the same `PGlite` at the same time.
 */
export function pglitePool(pglite: PgliteLike): PgPoolLike {
  let last: Promise<void> = Promise.resolve()
  return {
    async connect() {
      const before = last
      let done = (): void => {}
      last = new Promise((resolve) => {
        done = resolve
      })
      await before
      return clientOf(pglite, done)
    },
  }
}

function clientOf(pglite: PgliteLike, release: () => void): PgClientLike {
  return {
    async query({ text, values }: PgQuery): Promise<PgResult> {
      if (values === undefined) {
        await pglite.exec(text)
        return { rows: [], rowCount: null }
      }
      const { rows, affectedRows } = await pglite.query(text, values)
      return { rows, rowCount: affectedRows ?? null }
    },
    release,
  }
}

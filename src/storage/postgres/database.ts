import { createHash } from "node:crypto"
import { HomeroomError } from "../../errors/index.ts"
import type { Lease } from "../contract.ts"
import { copyBytes, copyFrom, literalOf } from "./copy.ts"
import { asStorageError, isConflict, isConnectionLost, isLockTimeout } from "./errors.ts"
import type { PgClientLike, PgPoolLike } from "./pool.ts"
import { Sql, type Statements } from "./sql.ts"

/** How often a transaction is made in all, where it lost to another one or its connection broke. */
const mostAttempts = 5
/** A process that stands still in a transaction loses it after this: nobody is to wait for it for ever. */
const idleLimitMs = 60_000

export interface TransactionOptions {
  /** Begins under the lock of this district, which one fenced write or new lease has at a time. */
  readonly lockOf?: string | undefined
  /** In milliseconds, instead of the storage's own. */
  readonly lockTimeoutMs?: number
  /**
   * May be made again although the connection broke while it was committed, as it does the same twice or finds out by
   * itself that it is done.
   */
  readonly mayRepeat?: boolean
}

/** Lends connections for reads and transactions, and turns what fails into Homeroom's errors. */
export class Database {
  readonly #pool: PgPoolLike
  readonly #statements: Statements
  readonly #lockTimeoutMs: number
  /** What advisory locks of this schema are told apart by from those of others. */
  #lockClass = 0

  constructor(pool: PgPoolLike, statements: Statements, lockTimeoutMs: number) {
    this.#pool = pool
    this.#statements = statements
    this.#lockTimeoutMs = lockTimeoutMs
  }

  /** Set once the schema is there: the number of one of its tables. */
  set lockClass(oid: number) {
    this.#lockClass = oid | 0
  }

  /** Runs one or several statements outside any transaction; once more if the connection turned out to be gone. */
  async read<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      const client = await this.#connect(attempt)
      if (client === undefined) continue
      try {
        const result = await work(new Sql(client, this.#statements))
        giveBack(client)
        return result
      } catch (error) {
        const isLost = isConnectionLost(error)
        giveBack(client, isLost)
        if (!isLost || attempt >= 2) throw asStorageError(error)
      }
    }
  }

  /** The same on one consistent view of what is committed. */
  readConsistently<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.read(async (sql) => {
      await sql.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      try {
        return await work(sql)
      } finally {
        await sql.script("ROLLBACK").catch(() => {})
      }
    })
  }

  /**
   * Runs `work` in one transaction, rolled back if it throws. Made again where it lost to another one, or where the
   * connection broke before the commit; `work` must not have done anything outside the database.
   */
  async transaction<Result>(
    work: (sql: Sql, attempt: number) => Promise<Result>,
    options: TransactionOptions = {},
  ): Promise<Result> {
    const begin = this.#begin(options)
    for (let attempt = 1; ; attempt++) {
      const client = await this.#connect(attempt)
      if (client === undefined) continue
      const sql = new Sql(client, this.#statements)
      let isCommitting = false
      try {
        await sql.script(begin)
        const result = await work(sql, attempt)
        isCommitting = true
        await sql.script("COMMIT")
        giveBack(client)
        return result
      } catch (error) {
        await this.#rollBack(client, error)
        const isLost = isConnectionLost(error) && (!isCommitting || options.mayRepeat === true)
        const mostOf = isConflict(error) ? mostAttempts : isLost ? 2 : 0
        if (attempt >= mostOf) throw asStorageError(error)
      }
    }
  }

  /**
   * Sends one message that begins a transaction, calls a procedure, copies bytes and commits. False if it was not done,
   * whatever the reason: nothing of it is there then, unless the connection broke during the commit. Throws
   * `STORAGE_BUSY`.
   */
  async copyAtOnce(
    { procedure, values }: { procedure: string; values: readonly (string | number)[] },
    { copy, bytes }: { copy: string; bytes: Uint8Array },
  ): Promise<boolean> {
    const from = await copyFrom()
    const client = from === undefined ? undefined : await this.#connect(1)
    if (from === undefined || client === undefined) return false
    try {
      const literals = values.map((value) => (typeof value === "string" ? literalOf(client, value) : value))
      // What stands in a literal may look like the name of a table.
      const [call, rest] = [`${this.#begin({})} CALL ${procedure}`, `${copy}; COMMIT`].map((sql) =>
        this.#statements.textOf(sql),
      )
      await copyBytes(client, from, `${call}(${literals.join(", ")}); ${rest}`, bytes)
      giveBack(client)
      return true
    } catch (error) {
      await this.#rollBack(client, error)
      if (isLockTimeout(error)) throw asStorageError(error)
      return false
    }
  }

  /** The numbers of the advisory lock that one fenced write of a district has at a time. */
  lockOf(districtId: string): readonly [lockClass: number, number: number] {
    return [this.#lockClass, lockNumber(districtId)]
  }

  /**
   * Ends the connections that have the district's lock: those of a process that stands still in the middle of a write
   * and whose time is up. What they had not committed is undone.
   */
  async breakLock(districtId: string): Promise<void> {
    await this.read((sql) =>
      sql.all(
        `SELECT pg_terminate_backend(l.pid) FROM pg_locks l
         JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
         WHERE l.locktype = 'advisory' AND l.classid = $1::bigint::oid AND l.objid = $2::bigint::oid
           AND l.objsubid = 2 AND l.granted AND l.pid <> pg_backend_pid()`,
        this.#lockClass >>> 0,
        lockNumber(districtId) >>> 0,
      ),
    )
  }

  /** Undefined where it is worth another try. */
  async #connect(attempt: number): Promise<PgClientLike | undefined> {
    try {
      const client = await this.#pool.connect()
      client.on?.("error", ignore)
      return client
    } catch (error) {
      if (attempt < 2 && isConnectionLost(error)) return undefined
      throw asStorageError(error)
    }
  }

  #begin({ lockOf, lockTimeoutMs = this.#lockTimeoutMs }: TransactionOptions): string {
    const lock =
      lockOf === undefined ? "" : `SELECT pg_advisory_xact_lock(${this.lockOf(lockOf).join(", ")});`
    // Not the level that the database may have by default: what is read under a lock is as it is once the lock is there.
    return `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${Math.ceil(lockTimeoutMs)};
      SET LOCAL idle_in_transaction_session_timeout = ${idleLimitMs}; ${lock}`
  }

  async #rollBack(client: PgClientLike, error: unknown): Promise<void> {
    if (isConnectionLost(error)) {
      giveBack(client, true)
      return
    }
    try {
      await client.query({ text: "ROLLBACK" })
      giveBack(client)
    } catch {
      giveBack(client, true)
    }
  }
}

/**
 * Heard while a connection is lent: a server may end it between two statements, and an error that nobody hears ends the
 * process. The next statement fails all the same.
 */
function ignore(): void {}

function giveBack(client: PgClientLike, isBroken = false): void {
  client.off?.("error", ignore)
  client.release(isBroken)
}

/** A number of 32 bits for a text. Two texts of one number wait for each other, and nothing worse. */
export function lockNumber(text: string): number {
  return createHash("sha256").update(text).digest().readInt32BE()
}

/** Takes locks for some texts, always in the same order, until the transaction ends. */
export async function lockTexts(sql: Sql, texts: readonly string[]): Promise<void> {
  const numbers = [...new Set(texts.map(lockNumber))].sort((a, b) => a - b)
  await sql.all(
    `SELECT pg_advisory_xact_lock('homeroom.links'::regclass::oid::bigint::bit(32)::int, number)
     FROM unnest($1::int[]) AS number`,
    numbers,
  )
}

export function leaseLost({ districtId, fence }: Lease): HomeroomError {
  return new HomeroomError("LEASE_LOST", { details: { districtId, fence } })
}

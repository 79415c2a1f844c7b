import type { DatabaseSync, StatementSync } from "node:sqlite"

export type Row = Record<string, string | number | null>
type Parameter = string | number | null

/** Prepares each statement once. */
export class Statements {
  readonly #connection: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()
  readonly #writing = new Map<string, StatementSync>()

  constructor(connection: DatabaseSync) {
    this.#connection = connection
  }

  all(sql: string, ...parameters: Parameter[]): Row[] {
    return this.prepare(sql).all(...parameters) as Row[]
  }

  /** One after the other, for more of them than the memory should hold. */
  iterate(sql: string, ...parameters: Parameter[]): Iterable<Row> {
    return this.prepare(sql).iterate(...parameters) as Iterable<Row>
  }

  get(sql: string, ...parameters: Parameter[]): Row | undefined {
    return this.prepare(sql).get(...parameters) as Row | undefined
  }

  run(sql: string, ...parameters: Parameter[]): { changes: number; key: number } {
    const { changes, lastInsertRowid } = this.prepareWrite(sql).run(...parameters)
    return { changes: Number(changes), key: Number(lastInsertRowid) }
  }

  /**
   * For a statement that gives no rows. SQLite tells of each the last row that was inserted, be it one of the lookup
   * index's own, whose numbers are beyond those that Node hands out as numbers.
   */
  prepareWrite(sql: string): StatementSync {
    let statement = this.#writing.get(sql)
    if (statement === undefined) {
      statement = this.#connection.prepare(sql)
      statement.setReadBigInts(true)
      this.#writing.set(sql, statement)
    }
    return statement
  }

  prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#connection.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}

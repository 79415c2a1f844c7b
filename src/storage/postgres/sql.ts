import { hash } from "node:crypto"
import type { PgClientLike } from "./pool.ts"

export type Row = Record<string, unknown>
export type Value = string | number | boolean | null | readonly string[] | readonly number[]

/** In the statements of this room the schema is called `homeroom`; the database has them with its own. */
export class Statements {
  readonly #schema: string
  readonly #isPrepared: boolean
  readonly #known = new Map<string, { text: string; name?: string }>()

  /** `isPrepared`: statements keep their plans, under a name, for as long as their connection. */
  constructor(schema: string, isPrepared: boolean) {
    this.#schema = `"${schema.replaceAll('"', '""')}".`
    this.#isPrepared = isPrepared
  }

  /** The statement with the schema's own name. */
  textOf(sql: string): string {
    return sql.replaceAll("homeroom.", this.#schema)
  }

  queryOf(sql: string): { text: string; name?: string } {
    let known = this.#known.get(sql)
    if (known === undefined) {
      const text = this.textOf(sql)
      known = this.#isPrepared ? { text, name: `homeroom_${hash("sha256", text).slice(0, 24)}` } : { text }
      this.#known.set(sql, known)
    }
    return known
  }
}

/** Runs statements on one connection, inside the caller's transaction if there is one. */
export class Sql {
  readonly client: PgClientLike
  readonly statements: Statements

  constructor(client: PgClientLike, statements: Statements) {
    this.client = client
    this.statements = statements
  }

  async all(sql: string, ...values: Value[]): Promise<Row[]> {
    const { rows } = await this.client.query({ ...this.statements.queryOf(sql), values: [...values] })
    return rows as Row[]
  }

  async get(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.all(sql, ...values))[0]
  }

  /** How many rows the statement touched. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    const { rowCount } = await this.client.query({ ...this.statements.queryOf(sql), values: [...values] })
    return rowCount ?? 0
  }

  /** Several statements without values, in one message. */
  async script(sql: string): Promise<void> {
    await this.client.query({ text: this.statements.textOf(sql) })
  }
}

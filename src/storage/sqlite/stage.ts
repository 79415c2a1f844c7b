import type { StatementSync } from "node:sqlite"
import { actionCode } from "../sql/codes.ts"
import type { FlatChange } from "./packed-changes.ts"
import type { Statements } from "./statements.ts"

const create = actionCode("create")

/** Writes staged changes, inside the caller's write transaction. */
export class ChangeWriter {
  readonly #run: number
  readonly #district: number
  readonly #insertCreate: StatementSync
  readonly #insert: StatementSync
  readonly #replaced: StatementSync
  readonly #remove: StatementSync
  readonly #removeLookup: StatementSync
  readonly #index: StatementSync

  constructor(writer: Statements, district: number, run: number) {
    this.#run = run
    this.#district = district
    this.#insertCreate = writer.prepareWrite(
      `INSERT OR IGNORE INTO homeroom_changes (run, kind, id, action, raw, canonical, data)
       VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT))`,
    )
    // No numbered parameters: Node 22.13 can't bind them.
    this.#insert = writer.prepareWrite(
      `INSERT OR IGNORE INTO homeroom_changes (run, kind, id, action, raw, canonical, data, reason, path, before)
       VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?,
         (SELECT content FROM homeroom_records WHERE district = ? AND kind = ? AND id = ?))`,
    )
    this.#replaced = writer.prepare("SELECT key FROM homeroom_changes WHERE run = ? AND kind = ? AND id = ?")
    this.#remove = writer.prepareWrite("DELETE FROM homeroom_changes WHERE key = ?")
    this.#removeLookup = writer.prepareWrite("DELETE FROM homeroom_lookup WHERE rowid = ?")
    this.#index = writer.prepareWrite(
      "INSERT INTO homeroom_lookup (rowid, person, school, role, sis_id) VALUES (?, ?, ?, ?, ?)",
    )
  }

  write(change: FlatChange): void {
    let key = this.#tryInsert(change)
    if (key === undefined) {
      this.#drop(change)
      key = this.#tryInsert(change)
    }
    const { people, schools, roles, sisIds } = change
    if (key !== undefined && people + schools + roles + sisIds !== "") {
      this.#index.run(key, people, schools, roles, sisIds)
    }
  }

  /** Undefined if something is staged for the record already. */
  #tryInsert({ kind, id, action, raw, canonical, data, reason, path }: FlatChange): number | undefined {
    const run = this.#run
    const result =
      action === create
        ? this.#insertCreate.run(run, kind, id, action, raw, canonical, data)
        : this.#insert.run(
            run,
            kind,
            id,
            action,
            raw,
            canonical,
            data,
            reason,
            path,
            this.#district,
            kind,
            id,
          )
    return Number(result.changes) === 0 ? undefined : Number(result.lastInsertRowid)
  }

  #drop({ kind, id }: FlatChange): void {
    const row = this.#replaced.get(this.#run, kind, id)
    const key = Number(row?.key)
    this.#removeLookup.run(key)
    this.#remove.run(key)
  }
}

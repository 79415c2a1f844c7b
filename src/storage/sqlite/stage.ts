import type { StatementSync } from "node:sqlite"
import type { RecordKeys, StagedChange } from "../contract.ts"
import { actionCode, kindCode } from "./codes.ts"
import { lookupWords } from "./lookup-word.ts"
import type { Statements } from "./statements.ts"

/** Writes staged changes, inside the caller's write transaction. */
export class ChangeWriter {
  readonly #run: number
  readonly #district: number
  readonly #insert: StatementSync
  readonly #insertWithBefore: StatementSync
  readonly #replaced: StatementSync
  readonly #remove: StatementSync
  readonly #removeLookup: StatementSync
  readonly #index: StatementSync

  constructor(writer: Statements, district: number, run: number) {
    this.#run = run
    this.#district = district
    this.#insert = writer.prepare(
      `INSERT OR IGNORE INTO homeroom_changes (run, kind, id, action, raw, canonical, reason, path, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#insertWithBefore = writer.prepare(
      `INSERT OR IGNORE INTO homeroom_changes (run, kind, id, action, raw, canonical, data, before)
       VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT content FROM homeroom_records WHERE district = ? AND kind = ? AND id = ?))`,
    )
    this.#replaced = writer.prepare("SELECT key FROM homeroom_changes WHERE run = ? AND kind = ? AND id = ?")
    this.#remove = writer.prepare("DELETE FROM homeroom_changes WHERE key = ?")
    this.#removeLookup = writer.prepare("DELETE FROM homeroom_lookup WHERE rowid = ?")
    this.#index = writer.prepare(
      "INSERT INTO homeroom_lookup (rowid, person, school, role, sis_id) VALUES (?, ?, ?, ?, ?)",
    )
  }

  write(change: StagedChange): void {
    let key = this.#tryInsert(change)
    if (key === undefined) {
      this.#drop(change)
      key = this.#tryInsert(change)
    }
    if ("keys" in change && key !== undefined) this.#addToIndex(key, change.keys)
  }

  /** Undefined if something is staged for the record already. */
  #tryInsert(change: StagedChange): number | undefined {
    const kind = kindCode(change.kind)
    const action = actionCode(change.action)
    const { id } = change
    const [district, run] = [this.#district, this.#run]
    let result: ReturnType<StatementSync["run"]>
    if (change.action === "create") {
      result = this.#insert.run(run, kind, id, action, change.raw, change.canonical, null, null, change.data)
    } else if (change.action === "reject") {
      result = this.#insert.run(run, kind, id, action, null, null, change.reason, change.path, change.data)
    } else if (change.action === "unchanged") {
      result = this.#insert.run(run, kind, id, action, null, null, null, null, null)
    } else {
      const { raw, canonical, data } = "data" in change ? change : { raw: null, canonical: null, data: null }
      result = this.#insertWithBefore.run(run, kind, id, action, raw, canonical, data, district, kind, id)
    }
    return result.changes === 0 ? undefined : Number(result.lastInsertRowid)
  }

  #drop({ kind, id }: StagedChange): void {
    const row = this.#replaced.get(this.#run, kindCode(kind), id)
    const key = Number(row?.key)
    this.#removeLookup.run(key)
    this.#remove.run(key)
  }

  #addToIndex(key: number, { people, schools, roles, sisIds }: RecordKeys): void {
    if (people.length + schools.length + roles.length + sisIds.length === 0) return
    this.#index.run(key, lookupWords(people), lookupWords(schools), lookupWords(roles), lookupWords(sisIds))
  }
}

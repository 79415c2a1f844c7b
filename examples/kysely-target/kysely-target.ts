/** An app's own tables in SQLite, through Kysely, that follow the roster. */
import type { Target, TargetChange } from "homeroom"
import { type Kysely, sql, type Transaction } from "kysely"

// #region tables
interface Followed {
  /** The Clever id. */
  id: string
  district: string
  /** Who has left stays, with all that the app has of them. */
  archived: 0 | 1
  /** Of the last change that was stored: an older one changes nothing. */
  version: number
}

export interface Tables {
  schools: Followed & { name: string | null }
  people: Followed & { first_name: string | null; last_name: string | null; email: string | null }
  classes: Followed & { name: string | null; school: string | null }
  enrolments: { class: string; person: string; role: "student" | "teacher" }
}

export async function createTables(db: Kysely<Tables>): Promise<void> {
  const followed = sql`id TEXT PRIMARY KEY, district TEXT NOT NULL, archived INTEGER NOT NULL, version INTEGER NOT NULL`
  await sql`CREATE TABLE schools (${followed}, name TEXT)`.execute(db)
  await sql`CREATE TABLE people (${followed}, first_name TEXT, last_name TEXT, email TEXT)`.execute(db)
  await sql`CREATE TABLE classes (${followed}, name TEXT, school TEXT)`.execute(db)
  const member = sql`class TEXT, person TEXT, role TEXT, PRIMARY KEY (class, person, role)`
  await sql`CREATE TABLE enrolments (${member})`.execute(db)
}
// #endregion

// #region target
export function kyselyTarget(db: Kysely<Tables>): Target {
  // All four alike: stored under the Clever id, a batch in one transaction.
  const store = (changes: readonly TargetChange[]) =>
    db.transaction().execute(async (trx) => {
      for (const change of changes) await storeOne(trx, change)
    })
  return { name: "app", create: store, update: store, archive: store, restore: store }
}

async function storeOne(trx: Transaction<Tables>, change: TargetChange): Promise<void> {
  const { id, districtId: district, version } = change
  const followed = { id, district, version, archived: change.action === "archive" ? 1 : 0 } as const
  if (change.kind === "school") {
    const row = { ...followed, name: change.after.name ?? null }
    await trx
      .insertInto("schools")
      .values(row)
      .onConflict((known) => known.column("id").doUpdateSet(row).where("schools.version", "<=", version))
      .execute()
  }
  if (change.kind === "user") {
    const { name, email = null } = change.after
    const row = { ...followed, first_name: name?.first ?? null, last_name: name?.last ?? null, email }
    await trx
      .insertInto("people")
      .values(row)
      .onConflict((known) => known.column("id").doUpdateSet(row).where("people.version", "<=", version))
      .execute()
  }
  if (change.kind === "section") {
    const row = { ...followed, name: change.after.name ?? null, school: change.after.school ?? null }
    const stored = await trx
      .insertInto("classes")
      .values(row)
      .onConflict((known) => known.column("id").doUpdateSet(row).where("classes.version", "<=", version))
      .executeTakeFirst()
    if (stored.numInsertedOrUpdatedRows === 0n) return
    for (const { id: person, role } of change.left) {
      const member = trx.deleteFrom("enrolments").where("class", "=", id)
      await member.where("person", "=", person).where("role", "=", role).execute()
    }
    const joined = change.joined.map(({ id: person, role }) => ({ class: id, person, role }))
    if (joined.length === 0) return
    const enrol = trx.insertInto("enrolments").values(joined)
    await enrol.onConflict((known) => known.doNothing()).execute()
  }
}
// #endregion

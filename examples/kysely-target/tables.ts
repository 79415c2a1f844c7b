/** The app's own tables. */
import { type Kysely, sql } from "kysely"

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
  await sql`CREATE TABLE IF NOT EXISTS schools (${followed}, name TEXT)`.execute(db)
  await sql`CREATE TABLE IF NOT EXISTS people (${followed}, first_name TEXT, last_name TEXT, email TEXT)`.execute(
    db,
  )
  await sql`CREATE TABLE IF NOT EXISTS classes (${followed}, name TEXT, school TEXT)`.execute(db)
  const member = sql`class TEXT, person TEXT, role TEXT, PRIMARY KEY (class, person, role)`
  await sql`CREATE TABLE IF NOT EXISTS enrolments (${member})`.execute(db)
}
// #endregion

/** An app's own tables in PostgreSQL, through Drizzle, that follow the roster. */
import { and, eq, getTableColumns, lte, sql } from "drizzle-orm"
import {
  boolean,
  integer,
  type PgDatabase,
  type PgQueryResultHKT,
  pgTable,
  primaryKey,
  text,
} from "drizzle-orm/pg-core"
import type { Target, TargetChange } from "homeroom"

// #region tables
const followed = () => ({
  /** The Clever id. */
  id: text().primaryKey(),
  district: text().notNull(),
  /** Who has left stays, with all that the app has of them. */
  archived: boolean().notNull(),
  /** Of the last change that was stored: an older one changes nothing. */
  version: integer().notNull(),
})

export const schools = pgTable("schools", { ...followed(), name: text() })
export const people = pgTable("people", {
  ...followed(),
  firstName: text("first_name"),
  lastName: text("last_name"),
  email: text(),
})
export const classes = pgTable("classes", { ...followed(), name: text(), school: text() })
export const enrolments = pgTable(
  "enrolments",
  { class: text().notNull(), person: text().notNull(), role: text().notNull() },
  (table) => [primaryKey({ columns: [table.class, table.person, table.role] })],
)
// #endregion

type Database = PgDatabase<PgQueryResultHKT>
type FollowedTable = typeof schools | typeof people | typeof classes

// #region target
export function drizzleTarget(db: Database): Target {
  // All four alike: stored under the Clever id, a batch in one transaction.
  const store = (changes: readonly TargetChange[]) => db.transaction((tx) => storeAll(tx, changes))
  return { name: "app", create: store, update: store, archive: store, restore: store }
}

async function storeAll(tx: Database, changes: readonly TargetChange[]): Promise<void> {
  // The changes of a call are of one kind: one of these has rows.
  const ofSchools = changes.filter((change) => change.kind === "school")
  await upsert(
    tx,
    schools,
    ofSchools.map((change) => ({ ...followedOf(change), name: change.after.name })),
  )
  const ofUsers = changes.filter((change) => change.kind === "user")
  await upsert(
    tx,
    people,
    ofUsers.map((change) => {
      const { name, email } = change.after
      return { ...followedOf(change), firstName: name?.first, lastName: name?.last, email }
    }),
  )
  const ofSections = changes.filter((change) => change.kind === "section")
  const stored = await upsert(
    tx,
    classes,
    ofSections.map((change) => {
      const { name, school } = change.after
      return { ...followedOf(change), name, school }
    }),
  )
  for (const { action, id, joined, left } of ofSections.filter((section) => stored.has(section.id))) {
    // A create tells of everybody: who is in the class besides has left it untold, as after forget().
    if (action === "create") await tx.delete(enrolments).where(eq(enrolments.class, id))
    for (const { id: person, role } of left) {
      const isMember = and(eq(enrolments.person, person), eq(enrolments.role, role))
      await tx.delete(enrolments).where(and(eq(enrolments.class, id), isMember))
    }
    const members = joined.map(({ id: person, role }) => ({ class: id, person, role }))
    if (members.length > 0) await tx.insert(enrolments).values(members).onConflictDoNothing()
  }
}

function followedOf({ id, districtId: district, version, action }: TargetChange) {
  return { id, district, version, archived: action === "archive" }
}

/** Stores the rows, except where a later change is stored already; the ids of those stored. */
async function upsert<T extends FollowedTable>(
  tx: Database,
  table: T,
  rows: T["$inferInsert"][],
): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const columns = Object.entries(getTableColumns(table))
  const set = Object.fromEntries(
    columns.map(([key, { name }]) => [key, sql`excluded.${sql.identifier(name)}`]),
  )
  const stored = await tx
    .insert<FollowedTable>(table)
    .values(rows)
    .onConflictDoUpdate({ target: table.id, set, setWhere: lte(table.version, sql`excluded.version`) })
    .returning({ id: table.id })
  return new Set(stored.map(({ id }) => id))
}
// #endregion

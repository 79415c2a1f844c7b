/** An app's own tables in SQLite, through Kysely, that follow the roster. */
import type { Target, TargetChange } from "homeroom"
import type { Kysely, Transaction } from "kysely"
import type { Tables } from "./tables.ts"

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
    // A create tells of everybody: who is in the class besides has left it untold, as after forget().
    if (change.action === "create") await trx.deleteFrom("enrolments").where("class", "=", id).execute()
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

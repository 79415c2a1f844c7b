import cleverOf from "clever"
import knex from "knex"
import { kinds } from "../../src/models/kinds.ts"
import { pageSize } from "../district/page-set.ts"

/** A record as Clever's old client gives it. */
interface OldRecord {
  toJSON(): { id: string }
}

/**
 * What one writes who finds Clever's own client (0.12.1, from 2021) and a query builder: its stream, and an upsert into
 * `jsonb` for each record. Nobody is archived, and a district that was read by half is stored by half.
 */
export async function importRowByRow(apiUrl: string, databaseUrl: string): Promise<number> {
  const database = knex({ client: "pg", connection: databaseUrl, pool: { min: 1, max: 1 } })
  try {
    await database.raw(
      "CREATE TABLE IF NOT EXISTS row_by_row (kind text, id text, data jsonb NOT NULL, PRIMARY KEY (kind, id))",
    )
    const clever = cleverOf({ token: "bench" }, apiUrl)
    let records = 0
    for (const kind of kinds) {
      // The client knows the paths of version 1.2 alone; its classes are made to be derived from.
      class Records extends clever.Resource {
        static path = `/v3.1/${kind}s`
      }
      Object.assign(clever, { [`Bench${kind}`]: Records })
      for await (const record of Records.find().limit(pageSize).stream() as AsyncIterable<OldRecord>) {
        const data = record.toJSON()
        await database("row_by_row")
          .insert({ kind, id: data.id, data: JSON.stringify(data) })
          .onConflict(["kind", "id"])
          .merge()
        records++
      }
    }
    return records
  } finally {
    await database.destroy()
  }
}

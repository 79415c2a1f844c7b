import knex, { type Knex } from "knex"
import { z } from "zod"
import { kinds } from "../../src/models/kinds.ts"
import { pageSize } from "../district/page-set.ts"

const batchSize = 500

/** As much as a careful app checks: that each record has an id. */
const page = z.object({
  data: z.array(z.object({ data: z.looseObject({ id: z.string().min(1) }) })),
  links: z.array(z.object({ rel: z.string(), uri: z.string() })),
})

/**
 * What a careful team writes: pages fetched and checked, batches of 500 upserted in one transaction, only rows that
 * differ, and whoever was not seen archived by an anti-join. No plan, no log, no guards, no resuming.
 */
export async function importCarefully(apiUrl: string, databaseUrl: string): Promise<number> {
  const database = knex({ client: "pg", connection: databaseUrl, pool: { min: 1, max: 1 } })
  try {
    await database.raw(
      `CREATE TABLE IF NOT EXISTS careful (
         kind text, id text, data jsonb NOT NULL, active boolean NOT NULL, PRIMARY KEY (kind, id))`,
    )
    return await database.transaction((transaction) => importAll(transaction, apiUrl))
  } finally {
    await database.destroy()
  }
}

async function importAll(transaction: Knex.Transaction, apiUrl: string): Promise<number> {
  await transaction.raw("CREATE TEMP TABLE seen (kind text, id text) ON COMMIT DROP")
  let records = 0
  for (const kind of kinds) {
    let url: string | undefined = `${apiUrl}/v3.1/${kind}s?limit=${pageSize}`
    while (url !== undefined) {
      const { data, links } = page.parse(await (await fetch(url)).json())
      for (let at = 0; at < data.length; at += batchSize) {
        const rows = data.slice(at, at + batchSize).map(({ data }) => data)
        await transaction("careful")
          .insert(rows.map((row) => ({ kind, id: row.id, data: JSON.stringify(row), active: true })))
          .onConflict(["kind", "id"])
          .merge()
          .whereRaw("careful.data IS DISTINCT FROM excluded.data OR NOT careful.active")
        await transaction("seen").insert(rows.map(({ id }) => ({ kind, id })))
      }
      records += data.length
      const next: string | undefined = links.find((link) => link.rel === "next")?.uri
      url = next === undefined ? undefined : new URL(next, url).href
    }
  }
  await transaction.raw(
    `UPDATE careful SET active = false
     WHERE active AND NOT EXISTS (SELECT 1 FROM seen s WHERE s.kind = careful.kind AND s.id = careful.id)`,
  )
  return records
}

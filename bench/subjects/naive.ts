import { DatabaseSync } from "node:sqlite"
import { firstPages, type ListAnswer } from "./floor.ts"

/**
 * What one writes on the first evening: parse every page, upsert record by record in one transaction, keep the
 * set of ids seen, archive the others. No validation, no plan, no log, no resuming.
 */
export async function importNaively(apiUrl: string, path: string): Promise<number> {
  const database = new DatabaseSync(path)
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, data TEXT NOT NULL, active INTEGER NOT NULL);
      BEGIN`)
    const upsert = database.prepare(
      `INSERT INTO records VALUES (?, ?, 1)
       ON CONFLICT (id) DO UPDATE SET data = excluded.data, active = 1`,
    )
    const seen = new Set<string>()
    for (const first of firstPages(apiUrl)) {
      let url: string | undefined = first
      while (url !== undefined) {
        const page = (await (await fetch(url)).json()) as ListAnswer
        for (const { data } of page.data) {
          upsert.run(data.id, JSON.stringify(data))
          seen.add(data.id)
        }
        const next: string | undefined = page.links.find((link) => link.rel === "next")?.uri
        url = next === undefined ? undefined : new URL(next, url).href
      }
    }
    const archive = database.prepare("UPDATE records SET active = 0 WHERE id = ?")
    for (const { id } of database.prepare("SELECT id FROM records WHERE active = 1").all()) {
      if (!seen.has(String(id))) archive.run(String(id))
    }
    database.exec("COMMIT")
    return seen.size
  } finally {
    database.close()
  }
}

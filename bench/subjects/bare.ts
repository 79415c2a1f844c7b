import { DatabaseSync } from "node:sqlite"
import { CleverClient } from "../../src/clever/index.ts"
import { rawFingerprint } from "../../src/models/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import { RecordBytes } from "../../src/models/read-record.ts"
import { compareFound } from "../../src/roster/compare.ts"

/**
 * The engine's own reading, hashing and validating, and then nothing but one insert a record in one
 * transaction: what a first import would cost without plan, change log, lookup index and checkpoints.
 */
export async function importBarely(apiUrl: string, districtId: string, path: string): Promise<number> {
  const source = new CleverClient({ districtToken: "bench", apiUrl })
  const database = new DatabaseSync(path)
  let records = 0
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE records (kind TEXT, id TEXT, raw TEXT, canonical TEXT, data TEXT, PRIMARY KEY (kind, id));
      BEGIN`)
    const insert = database.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?)")
    for (const kind of kinds) {
      for await (const page of source.recordPages({ districtId, kind })) {
        const bytes = new RecordBytes(page.body)
        for (let at = 0; at < page.count; at++) {
          const [start = 0, end = 0] = [page.starts[at], page.ends[at]]
          const raw = rawFingerprint(page.body.subarray(start, end))
          const found = { kind, id: page.ids[at], raw, bytes, start, end }
          const change = compareFound(found, undefined, {
            districtId,
            scope: undefined,
            unidentified: () => `?${at}`,
          })
          if (change?.action !== "create") continue
          insert.run(kind, change.id, change.raw, change.canonical, change.data)
          records++
        }
      }
    }
    database.exec("COMMIT")
    return records
  } finally {
    database.close()
  }
}

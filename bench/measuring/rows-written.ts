import { DatabaseSync } from "node:sqlite"
import { apiPath } from "../district/page-set.ts"
import { databaseAt, removeDatabase } from "../subjects/databases.ts"
import { withRoster } from "../subjects/homeroom.ts"
import type { MeasureTask, RowsWritten } from "../tasks.ts"

type RowsTask = Extract<MeasureTask, { task: "rows-written" }>

const tables = ["homeroom_records", "homeroom_changes"]

/** Counts with triggers what an unchanged resync writes; the districts and runs tables are not the roster. */
export async function countRowsWritten({ district, folder }: RowsTask): Promise<RowsWritten> {
  const path = databaseAt(folder, "rows")
  const { origin, users, districtId } = district
  const apiUrl = origin + apiPath(users)
  await withRoster(path, (importDistrict) => importDistrict({ apiUrl, districtId }))
  watch(path)
  await withRoster(path, (importDistrict) => importDistrict({ apiUrl, districtId }))
  const database = new DatabaseSync(path)
  const rows = database.prepare("SELECT name, writes FROM bench_writes").all()
  database.close()
  await removeDatabase(path)
  return Object.fromEntries(rows.map(({ name, writes }) => [String(name), Number(writes)]))
}

function watch(path: string): void {
  const database = new DatabaseSync(path)
  database.exec("CREATE TABLE bench_writes (name TEXT PRIMARY KEY, writes INTEGER NOT NULL)")
  for (const table of tables) {
    database.prepare("INSERT INTO bench_writes VALUES (?, 0)").run(table)
    for (const action of ["INSERT", "UPDATE", "DELETE"]) {
      database.exec(`CREATE TRIGGER bench_${table}_${action} AFTER ${action} ON ${table}
        BEGIN UPDATE bench_writes SET writes = writes + 1 WHERE name = '${table}'; END`)
    }
  }
  database.close()
}

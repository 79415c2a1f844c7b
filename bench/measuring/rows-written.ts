import { DatabaseSync } from "node:sqlite"
import { apiPath } from "../district/page-set.ts"
import { databaseAt, isPostgres, removeDatabase, runOn } from "../subjects/databases.ts"
import { withRoster } from "../subjects/homeroom.ts"
import type { MeasureTask, RowsWritten } from "../tasks.ts"

type RowsTask = Extract<MeasureTask, { task: "rows-written" }>

const tables = ["records", "changes"]

/** Counts with triggers what an unchanged resync writes; the districts and runs tables are not the roster. */
export async function countRowsWritten({ district, folder }: RowsTask): Promise<RowsWritten> {
  const database = databaseAt(folder, "rows")
  const { origin, users, districtId } = district
  const apiUrl = origin + apiPath(users)
  await withRoster(database, (importDistrict) => importDistrict({ apiUrl, districtId }))
  const watch = isPostgres(database) ? watchPostgres : watchSqlite
  const written = await watch(database, () =>
    withRoster(database, (importDistrict) => importDistrict({ apiUrl, districtId })),
  )
  await removeDatabase(database)
  return written
}

async function watchSqlite(path: string, work: () => Promise<unknown>): Promise<RowsWritten> {
  const database = new DatabaseSync(path)
  database.exec("CREATE TABLE bench_writes (name TEXT)")
  for (const table of tables) {
    for (const action of ["INSERT", "UPDATE", "DELETE"]) {
      database.exec(`CREATE TRIGGER bench_${table}_${action} AFTER ${action} ON homeroom_${table}
        BEGIN INSERT INTO bench_writes VALUES ('${table}'); END`)
    }
  }
  database.close()
  await work()
  const after = new DatabaseSync(path)
  const rows = after.prepare("SELECT name, count(*) AS writes FROM bench_writes GROUP BY name").all()
  after.close()
  return writesOf(rows)
}

async function watchPostgres(database: string, work: () => Promise<unknown>): Promise<RowsWritten> {
  const [url = "", schema] = database.split("#")
  await runOn(
    url,
    `CREATE TABLE ${schema}.bench_writes (name text);
     CREATE FUNCTION ${schema}.bench_count() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN INSERT INTO ${schema}.bench_writes VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
     ${tables
       .map(
         (table) => `CREATE TRIGGER bench_${table} AFTER INSERT OR UPDATE OR DELETE ON ${schema}.${table}
           FOR EACH ROW EXECUTE FUNCTION ${schema}.bench_count();`,
       )
       .join("\n")}`,
  )
  await work()
  return writesOf(
    await runOn(url, `SELECT name, count(*) AS writes FROM ${schema}.bench_writes GROUP BY name`),
  )
}

function writesOf(rows: readonly Record<string, unknown>[]): RowsWritten {
  return Object.fromEntries(rows.map(({ name, writes }) => [String(name), Number(writes)]))
}

/** Imports a district and brings the app's own tables in SQLite into step with it: `npm start -- kysely-target` */
import { CleverClient, RosterSync, TargetDelivery } from "homeroom"
import { SqliteStorage } from "homeroom/sqlite"
import { Kysely, SqliteDialect } from "kysely"
import { cleverApp, read } from "../support/clever-app.ts"
import { kyselyTarget } from "./kysely-target.ts"
import { nodeSqlite } from "./node-sqlite.ts"
import { createTables, type Tables } from "./tables.ts"

const { districtId, ...app } = await cleverApp()
const storage = new SqliteStorage({ path: read("ROSTER_FILE") ?? "roster.db" })
const database = nodeSqlite(read("APP_FILE") ?? "app.db")
const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
await createTables(db)

const roster = new RosterSync({ storage, clever: new CleverClient(app) })
const delivery = new TargetDelivery({ storage, target: kyselyTarget(db) })

await roster.sync({ districtId, mode: "delta" })
const { state, delivered } = await delivery.deliver({ districtId })
console.log(state, delivered)

const classes = await db
  .selectFrom("enrolments")
  .innerJoin("classes", "classes.id", "enrolments.class")
  .select(({ fn }) => ["classes.name", fn.countAll().as("members")])
  .where("classes.archived", "=", 0)
  .groupBy("classes.id")
  .limit(5)
  .execute()
console.table(classes)
await db.destroy()
await storage.close()

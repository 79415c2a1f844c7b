/** Reads what `nightly-sync` has stored: everybody, and what the last import changed: `npm start -- read-roster` */
import { RosterReader } from "homeroom"
import { SqliteStorage } from "homeroom/sqlite"
import { cleverApp, read } from "../support/clever-app.ts"

const { districtId } = await cleverApp()
const storage = new SqliteStorage({ path: read("ROSTER_FILE") ?? "roster.db" })
await storage.open()

// #region list
const roster = new RosterReader({ storage })
for await (const { id, data } of roster.records({ districtId, kind: "user" })) {
  console.log(id, data.email)
}
// #endregion

// #region changes
const { lastRunId } = await storage.getDistrict(districtId)
for await (const { kind, id, action, fields } of roster.changes(lastRunId ?? "")) {
  console.log(kind, id, action, fields)
}
// #endregion

await storage.close()

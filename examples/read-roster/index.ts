/** Reads what `nightly-sync` has stored: everybody, and what the last import changed: `npm start -- read-roster` */
import { CleverClient, RosterSync, readRecords } from "homeroom"
import { SqliteStorage } from "homeroom/sqlite"
import { cleverApp, read } from "../support/clever-app.ts"

const { clientId, clientSecret, apiUrl, authUrl, districtId } = await cleverApp()
const path = read("ROSTER_FILE") ?? "roster.db"

const storage = new SqliteStorage({ path })
await storage.open()

// #region list
for await (const { id, data } of readRecords(storage, { districtId, kind: "user" })) {
  console.log(id, data.email)
}
// #endregion

const clever = new CleverClient({ clientId, clientSecret, apiUrl, authUrl })

// #region changes
const roster = new RosterSync({ clever, storage })
const { lastRunId } = await storage.getDistrict(districtId)
for await (const { kind, id, action, fields } of roster.changes(lastRunId ?? "")) {
  console.log(kind, id, action, fields)
}
// #endregion

await storage.close()

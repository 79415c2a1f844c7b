/** Reads what an import has stored: every active user, and what the last import changed. */
import { CleverClient, RosterSync, type User } from "homeroom"
import { SqliteStorage } from "homeroom/sqlite"

const { DISTRICT_ID: districtId = "", ROSTER_FILE: path = "roster.db" } = process.env

const storage = new SqliteStorage({ path })
await storage.open()

// #region list
for (let after = ""; ; ) {
  const page = await storage.listRecords({ districtId, kind: "user", state: "active", after, limit: 1_000 })
  for (const { id, data } of page) console.log(id, (JSON.parse(data) as User).email)
  const last = page.at(-1)
  if (last === undefined) break
  after = last.id
}
// #endregion

const clever = new CleverClient({ districtToken: "not needed for reading what is stored" })

// #region changes
const roster = new RosterSync({ clever, storage })
const { lastRunId } = await storage.getDistrict(districtId)
for await (const { kind, id, action, fields } of roster.changes(lastRunId ?? "")) {
  console.log(kind, id, action, fields)
}
// #endregion

await storage.close()

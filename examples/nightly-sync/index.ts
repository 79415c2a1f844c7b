/** Keeps one district's roster in a SQLite file: run it every night (cron, a timer, a scheduled job). */
// #region sync
import { CleverClient, RosterSync } from "homeroom"
import { SqliteStorage } from "homeroom/sqlite"

// #endregion

const {
  CLEVER_CLIENT_ID: clientId,
  CLEVER_CLIENT_SECRET: clientSecret,
  HOMEROOM_CLEVER_API_URL: apiUrl,
  HOMEROOM_CLEVER_AUTH_URL: authUrl,
  DISTRICT_ID: districtId = "",
  ROSTER_FILE: path = "roster.db",
} = process.env

// #region sync
const storage = new SqliteStorage({ path })
const clever = new CleverClient({ clientId, clientSecret, apiUrl, authUrl })
const roster = new RosterSync({ clever, storage })

const run = await roster.sync({ districtId, mode: "delta", by: "nightly-sync" })
console.log(run.mode, run.state, run.counts.user)
await storage.close()
// #endregion

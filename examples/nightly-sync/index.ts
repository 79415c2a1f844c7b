/** Keeps one district's roster in a SQLite file, every night (cron, a timer): `npm start -- nightly-sync` */
// #region sync
import { CleverClient, RosterSync } from "homeroom"
import { SqliteStorage } from "homeroom/sqlite"
// #endregion
import { cleverApp, read } from "../support/clever-app.ts"

const { clientId, clientSecret, apiUrl, authUrl, districtId } = await cleverApp()
const path = read("ROSTER_FILE") ?? "roster.db"

// #region sync
const storage = new SqliteStorage({ path })
const clever = new CleverClient({ clientId, clientSecret, apiUrl, authUrl })
const roster = new RosterSync({ clever, storage })

const run = await roster.sync({ districtId, mode: "delta", by: "nightly-sync" })
console.log(run.mode, run.state, run.counts.user)
await storage.close()
// #endregion

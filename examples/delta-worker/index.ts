/** Every district of an app, in any number of processes on PostgreSQL: `npm start -- delta-worker` */
// #region worker
import { CleverClient, RosterSync } from "homeroom"
import { Connections } from "homeroom/exchange"
import { PostgresStorage } from "homeroom/postgres"
import { startWorker } from "homeroom/worker"
// #endregion
import { cleverApp, read } from "../support/clever-app.ts"
import { databaseUrl } from "../support/postgres.ts"

const connectionString = await databaseUrl()
const app = await cleverApp({ dayEverySeconds: 20 })
const cron = read("CRON") ?? "0 2 * * *"

// #region worker
const storage = new PostgresStorage({ connectionString })
const clever = new CleverClient(app)
const connections = new Connections({ storage, clever })
const roster = new RosterSync({
  storage,
  clever,
  onEvent: (event) => {
    if (event.type !== "run-ended") return
    const { districtId, mode, state, counts, errorCode } = event.run
    console.log(districtId, mode, state, errorCode ?? counts.user)
  },
})

const worker = await startWorker({
  storage,
  roster,
  connections,
  queue: { connectionString },
  // What changed every night, and everything once a week.
  schedule: { cron, timeZone: "America/Chicago", jitterMinutes: 0, bulkEveryDays: 7 },
  discover: [{ name: "default", clever }],
  onEvent: (event) => {
    if (event.type === "district-found") console.log(event.districtId, "has connected at Clever")
    if (event.type === "worker-failed") console.warn(event.part, event.code)
  },
})
// #endregion

// #region connect
// Whoever may decide that says yes to a district. Its first import need not wait for the night.
const { districtId } = app
await connections.connect(districtId, { mode: "sso+provisioning", by: "ada" })
await worker.imports.schedule({ districtId, mode: "delta", by: "ada" })
// #endregion

console.log(`Imports by day at "${cron}", until Ctrl-C.`)
await worker.stopped
await storage.close()

/** The Data Exchange console within an Express app, for the app's own staff: `npm start -- console-express` */
import express from "express"
import { CleverClient, RosterSync } from "homeroom"
import { type ConsoleAccess, createConsole } from "homeroom/console"
import { Connections, Imports, InProcessQueue } from "homeroom/exchange"
import { cleverConsole, type ExpressVisit } from "homeroom/express"
import { SqliteStorage } from "homeroom/sqlite"
import { cleverApp, read } from "../support/clever-app.ts"
import { staffOf, staffPages } from "../support/staff.ts"

const { districtId, ...clientOptions } = await cleverApp({ dayEverySeconds: 60 })
const clever = new CleverClient(clientOptions)
const storage = new SqliteStorage({ path: read("ROSTER_FILE") ?? "console-express.db" })
const connections = new Connections({ storage, clever })
const roster = new RosterSync({ storage, clever })
const queue = new InProcessQueue({ storage })
const imports = new Imports({ storage, connections, roster, queue })
await queue.work(imports.handle)

const app = express()
app.use(staffPages("/data-exchange"))

// #region console
const parts = { storage, connections, roster, imports }
const authorize = (_request: unknown, { req }: ExpressVisit): ConsoleAccess | null => {
  const staff = staffOf(req)
  if (staff === null) return null
  return { actor: staff.id, can: [staff.isAdministrator ? "admin" : "operate"] }
}
const pages = createConsole({ ...parts, authorize, basePath: "/data-exchange" })
app.use("/data-exchange", cleverConsole(pages))
// #endregion

const port = Number(read("PORT") ?? "3000")
app.listen(port, "127.0.0.1", (error) => {
  if (error !== undefined) throw error
  console.log(`Open http://localhost:${port}/ and sign in as ada, an administrator, or as bob.`)
  console.log(`The district that may be connected is ${districtId}.`)
})

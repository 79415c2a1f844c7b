/** An Express app with the Data Exchange console under a path of its own, for its own staff. */
import express, { type Express, type Request } from "express"
import { type CleverClient, type RosterStorage, RosterSync } from "homeroom"
import { type ConsoleAccess, createConsole } from "homeroom/console"
import { Connections, Imports, InProcessQueue } from "homeroom/exchange"
import { cleverConsole, type ExpressVisit } from "homeroom/express"

export interface AppOptions {
  storage: RosterStorage
  clever: CleverClient
  /** The app's own: who is signed in to it, from its session. */
  staffOf: (req: Request) => { id: string; isAdministrator: boolean } | null
}

/** The app, and how it ends. */
export async function openApp({ storage, clever, staffOf }: AppOptions) {
  const connections = new Connections({ storage, clever })
  const roster = new RosterSync({ storage, clever })
  const queue = new InProcessQueue({ storage })
  const imports = new Imports({ storage, connections, roster, queue })
  const work = await queue.work(imports.handle)
  const app: Express = express()

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

  const close = async () => {
    await pages.close()
    await work.stop()
  }
  return { app, close }
}

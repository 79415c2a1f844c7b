/** A part of an app that looks after its districts in the app's own process: who is connected, who is imported when. */
import { cleverApps, type RosterStorage, RosterSync } from "homeroom"
import {
  type ConnectionStepEvent,
  Connections,
  Discovery,
  ImportScheduler,
  Imports,
  InProcessQueue,
  RoutedSource,
} from "homeroom/exchange"

export interface DeskOptions {
  storage: RosterStorage
  /** The app's two Clever apps: their credentials are the app's configuration. */
  signIn: { clientId: string; clientSecret: string }
  rostering: { clientId: string; clientSecret: string }
  apiUrl?: string | undefined
  authUrl?: string | undefined
  /** Writes to whoever has to know. */
  notify: (text: string) => void
}

/** Looks after all districts from now on. */
export async function openDesk({ storage, signIn, rostering, apiUrl, authUrl, notify }: DeskOptions) {
  // #region desk
  const apps = cleverApps(
    [
      { name: "sign-in", mode: "sso", ...signIn },
      { name: "rostering", mode: "sso+provisioning", ...rostering },
    ],
    { apiUrl, authUrl },
  )
  const onStep = ({ connection, step }: ConnectionStepEvent) =>
    notify(`${connection.name}: ${step.state} by ${step.by}`)
  const connections = new Connections({ storage, apps, onStep })
  const roster = new RosterSync({ storage, clever: new RoutedSource({ storage, apps }) })

  const queue = new InProcessQueue({ storage })
  const imports = new Imports({ storage, connections, roster, queue })
  const work = await queue.work(imports.handle, { concurrency: 2 })

  const schedule = { cron: "0 2 * * *", timeZone: "America/Chicago", jitterMinutes: 60 }
  const scheduler = new ImportScheduler({ storage, connections, queue, schedule })
  const discovery = new Discovery({ storage, connections, apps })
  await scheduler.start()
  await discovery.start()
  // #endregion

  return {
    connections,
    imports,
    // #region close
    async close() {
      await Promise.all([discovery.stop(), scheduler.stop(), work.stop()])
    },
    // #endregion
  }
}

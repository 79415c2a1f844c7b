import { TargetDelivery } from "../../src/roster/index.ts"
import type { Mortal } from "./mortal.ts"
import { SqliteApp } from "./sqlite-app.ts"

/** What to deliver, in a process of its own or in this one. */
export interface KillTargetOrder {
  districtId: string
  batchSize: number
  /** The one time that all clocks show. */
  nowMs: number
}

/** Delivers to the app's tables in a file, and says `ready` and the state of the delivery. */
export async function carryOutDelivery(
  order: KillTargetOrder,
  { url, appPath }: { url: string; appPath: string },
  mortal: Mortal,
): Promise<void> {
  const clock = () => order.nowMs
  let writes = 0
  const storage = mortal.open(url, {
    clock,
    beforeCall: async (method) => {
      if (method === "writeDocuments") await mortal.reach("before-call", ++writes)
    },
    afterCall: async (method) => {
      if (method === "writeDocuments") await mortal.reach("after-call", writes)
    },
  })
  const app = new SqliteApp(appPath, (written) => {
    if (written === 1 && mortal.pass("in-call")) throw new Error("dead in the middle of a call")
  })
  mortal.closeAfterwards(() => app.close())
  const target = {
    ...app,
    name: app.name,
    ...Object.fromEntries(
      (["create", "update", "archive", "restore"] as const).map((action) => [
        action,
        async (...parameters: Parameters<SqliteApp["create"]>) => {
          await app[action](...parameters)
          await mortal.reach("after-target-call")
        },
      ]),
    ),
  } as SqliteApp
  mortal.say("ready")
  const delivery = new TargetDelivery({
    storage,
    target,
    batchSize: order.batchSize,
    clock,
    repeat: mortal.repeat,
  })
  const { state } = await delivery.deliver({ districtId: order.districtId })
  mortal.say(state)
  await storage.close()
}

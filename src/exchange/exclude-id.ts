import { HomeroomError, isHomeroomError } from "../errors/index.ts"
import { kinds } from "../models/kinds.ts"
import type { RosterStorage } from "../storage/contract.ts"

/** How often it is begun anew because somebody else changed the connection in between. */
const writeTries = 20

/** Adds an id to those that imports of the district leave out (S18). Rejects with `CONNECTION_NOT_FOUND`. */
export async function excludeId(
  storage: RosterStorage,
  selection: { districtId: string; id: string },
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryExclude(storage, selection)
    } catch (error) {
      if (!isHomeroomError(error) || error.code !== "CONNECTION_CHANGED" || tries >= writeTries) throw error
    }
  }
}

async function tryExclude(
  storage: RosterStorage,
  { districtId, id }: { districtId: string; id: string },
): Promise<void> {
  const connection = await storage.getConnection(districtId)
  if (connection === undefined) {
    throw new HomeroomError("CONNECTION_NOT_FOUND", {
      message: `District ${districtId} has no connection, whose imports could leave somebody out.`,
      details: { districtId },
    })
  }
  const { scope } = connection.settings
  const exclude = scope?.exclude ?? []
  if (exclude.includes(id)) return
  // A scope of the district's own that keeps everything must go on to say so: without it that of all districts goes.
  const isEverything = scope !== undefined && Object.values(scope).every((part) => part === undefined)
  const kept = isEverything ? { kinds: [...kinds] } : scope
  const settings = { ...connection.settings, scope: { ...kept, exclude: [...exclude, id] } }
  await storage.saveConnection({ ...connection, settings }, connection)
}

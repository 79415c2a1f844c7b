import { HomeroomError } from "../errors/index.ts"
import { kinds } from "../models/kinds.ts"
import type { RosterStorage } from "../storage/contract.ts"

/** Adds an id to those that imports of the district leave out (S18). Rejects with `CONNECTION_NOT_FOUND`. */
export async function excludeId(
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
  await storage.saveConnection({ ...connection, settings })
}

import { canonicalFingerprint, type Kind, rawFingerprint } from "../models/index.ts"
import { recordKeys } from "../models/record-keys.ts"
import type { ErasureCounts, ErasureSelection, RosterStorage, StagedChange } from "../storage/contract.ts"
import { type ContentChange, home, takeLease } from "./fixtures.ts"

/** Whom the tests forget, and somebody beside. Ids as Clever has them: no other text holds them by chance. */
export const person: string = "5f3c0a1b2c3d4e5f60718293"
export const friend: string = "5f3c0a1b2c3d4e5f60718294"
export const clazz: string = "5f3c0a1b2c3d4e5f607182aa"
export const them: { districtId: string; kind: "user"; id: string } = {
  districtId: home,
  kind: "user",
  id: person,
}

/** A change with a content as the engine would stage it. */
export function content(
  action: ContentChange["action"],
  kind: Kind,
  fields: { id: string } & Record<string, unknown>,
  districtId: string = home,
): ContentChange {
  const record = { district: districtId, ...fields }
  const data = JSON.stringify(record)
  return {
    action,
    kind,
    id: fields.id,
    data,
    raw: rawFingerprint(Buffer.from(data)),
    canonical: canonicalFingerprint(record),
    keys: recordKeys(kind, record),
  }
}

export function user(id: string, first: string, action: ContentChange["action"] = "create"): ContentChange {
  return content(action, "user", { id, name: { first }, roles: { student: { sis_id: `sis-${first}` } } })
}

export function section(
  students: readonly string[],
  action: ContentChange["action"] = "create",
): ContentChange {
  return content(action, "section", { id: clazz, name: "Maths", teacher: friend, students })
}

/** A record that can't be accepted, as the engine would stage it. */
export function rejected(kind: Kind, id: string, data: unknown): StagedChange {
  return { action: "reject", kind, id, reason: "id-missing", path: "id", data: JSON.stringify(data) }
}

/** Erases under a lease of its own. */
export async function eraseNow(
  storage: RosterStorage,
  selection: ErasureSelection = them,
): Promise<ErasureCounts> {
  const lease = await takeLease(storage, selection.districtId)
  const counts = await storage.erase(lease, selection)
  await storage.releaseLease(lease)
  return counts
}

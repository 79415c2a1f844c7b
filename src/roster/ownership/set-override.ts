import { HomeroomError } from "../../errors/index.ts"
import { formatFieldPath } from "../../models/field-path.ts"
import type { Kind } from "../../models/kinds.ts"
import { mergeOverrides, ownablePath } from "../../models/overrides.ts"
import type { Ownership } from "../../models/ownership.ts"
import { parseRecord } from "../../models/parse-record.ts"
import type { FieldOverride, RosterStorage } from "../../storage/contract.ts"
import { compileOwnership } from "./compiled-ownership.ts"

export interface OverrideRequest {
  /** The Clever id of the district. */
  districtId: string
  kind: Kind
  /** The record's Clever id. */
  id: string
  /** A field that is `sticky` or `app` in the district's ownership, or a part of one: `name.first`. */
  path: string
  /** What JSON can hold, of the field's own type; null for a field that shall be empty. */
  value: unknown
  /** A user of the app: who wants it so. */
  by: string
}

/** Sets the app's own value of a field, if it may have one and fits. */
export async function setOverride(
  storage: RosterStorage,
  request: OverrideRequest,
  options: { ownership: Ownership | undefined; at: string },
): Promise<FieldOverride> {
  const { districtId, kind, id, by } = request
  const keys = ownablePath(request.path)
  if (keys === undefined)
    refuse("path", `${JSON.stringify(request.path)} is no path of a field that an app can own.`)
  const path = formatFieldPath(keys)
  if (compileOwnership(options.ownership).ownerOf(kind, path) === "clever") {
    throw new HomeroomError("FIELD_NOT_OWNED", {
      message: `${path} of a ${kind} is Clever's in district ${districtId}.`,
      details: { districtId, kind, path },
    })
  }
  const [stored] = await storage.getRecords({ districtId, kind, ids: [id] })
  if (stored === undefined) {
    throw new HomeroomError("RECORD_NOT_FOUND", {
      message: `There is no ${kind} ${id} in district ${districtId}.`,
      details: { districtId, kind, id },
    })
  }
  const value = jsonOf(request.value)
  const record = JSON.parse(stored.data) as object
  const merged = mergeOverrides(record, [{ path, value }])
  if (merged === record)
    refuse("path", `The ${kind} has no place for ${path}: a role, or what it is a part of, is not there.`)
  const result = parseRecord(kind, merged, { districtId })
  if (!result.ok) refuse("value", `The value does not fit ${result.path} (${result.reason}).`)
  const override: FieldOverride = { districtId, kind, id, path, value, at: options.at, by }
  await storage.override(override)
  return override
}

/** As it is stored; no part of it stands in the message. */
function jsonOf(value: unknown): unknown {
  try {
    const text = JSON.stringify(value)
    if (text !== undefined) return JSON.parse(text) as unknown
  } catch {
    // Refused below.
  }
  refuse("value", "The value is none that JSON can hold; null is for a field that shall be empty.")
}

function refuse(option: string, message: string): never {
  throw new HomeroomError("INVALID_OPTIONS", { message, details: { option } })
}

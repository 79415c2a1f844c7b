import type { RosterRecord } from "../../models/index.ts"
import type { FieldOverride } from "../../storage/contract.ts"

/** The record with the app's values in place of Clever's. */
export function mergeOverrides(record: RosterRecord, overrides: readonly FieldOverride[]): RosterRecord {
  const merged = structuredClone(record)
  for (const { path, value } of overrides) {
    const keys = path.split(".")
    const last = keys.pop() ?? ""
    let at = merged as unknown as Record<string, unknown>
    for (const key of keys) {
      const inner = at[key]
      if (typeof inner !== "object" || inner === null) at[key] = {}
      at = at[key] as Record<string, unknown>
    }
    at[last] = value
  }
  return merged
}

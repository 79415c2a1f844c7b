import { isJsonObject, type JsonObject } from "../../src/simulator/json.ts"

/** The record as it is after an ordinary edit: another e-mail address or name; somebody left the section. */
export function edited(record: JsonObject, mark: string): JsonObject {
  const copy: JsonObject = { ...record, last_modified: "2025-10-01T06:00:00.000Z" }
  if (typeof record.email === "string" && record.email !== "") copy.email = `${mark}.${record.email}`
  else if (isJsonObject(record.name)) copy.name = { ...record.name, middle: mark }
  else copy.name = `${record.name ?? ""} (${mark})`
  if (Array.isArray(record.students)) copy.students = record.students.slice(0, -1)
  return copy
}

/** The same value with the keys of every object in the opposite order. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered)
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).reverse()
  return Object.fromEntries(entries.map(([key, held]) => [key, reordered(held)]))
}

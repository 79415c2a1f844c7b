import type * as z from "zod"
import { may, type Place, placeOfRecords } from "./record-shape.ts"

/** True if a value passes. */
export type Check = (value: unknown) => boolean

/**
 * A check that accepts exactly what the schema of a kind's records accepts, in a third of the time: zod puts together a
 * copy of what it parses, and nobody here wants it. A schema with anything in it that is not known here is zod's.
 */
export function quickCheck(schema: z.ZodType): Check {
  const place = placeOfRecords(schema, {})
  return place === undefined ? (value) => schema.safeParse(value).success : (value) => fits(place, value)
}

function fits(place: Place, value: unknown): boolean {
  const { accepts } = place
  if (typeof value === "string") return (accepts & may.text) !== 0
  if (value === null) return (accepts & may.null) !== 0
  if (accepts === may.all) return true
  if (Array.isArray(value)) {
    if ((accepts & may.list) === 0) return false
    for (const element of value) if (!fits(place.element, element)) return false
    return true
  }
  if (typeof value === "boolean") return (accepts & may.yesNo) !== 0
  if (typeof value !== "object" || (accepts & may.object) === 0) return false
  const object = value as Readonly<Record<string, unknown>>
  for (const { key, isRequired, place: inner } of place.shape.named) {
    const member = object[key]
    if (member === undefined ? isRequired : !fits(inner, member)) return false
  }
  return true
}

import type * as z from "zod"

/** A value that the schema accepts, with everything in it that the schema names. */
export function fullValue(schema: z.ZodType): unknown {
  const { type, innerType, element, shape } = schema._zod.def as {
    type: string
    innerType?: z.ZodType
    element?: z.ZodType
    shape?: Record<string, z.ZodType>
  }
  if (innerType !== undefined) return fullValue(innerType)
  if (element !== undefined) return [fullValue(element), fullValue(element)]
  if (shape === undefined) return type === "boolean" ? true : "text"
  return Object.fromEntries([
    ...Object.entries(shape).map(([key, inner]) => [key, fullValue(inner)]),
    ["other", 1],
  ])
}

/** Every place in a value, the value itself included. */
export function placesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))]
}

/** The value with another one in a place; without the member where `undefined` is put. */
export function withValueAt(value: unknown, [key, ...rest]: string[], put: unknown): unknown {
  if (key === undefined) return put
  const copy = structuredClone(value) as Record<string, unknown>
  if (rest.length === 0 && put === undefined) delete copy[key]
  else copy[key] = withValueAt(copy[key], rest, put)
  return copy
}

/** Values that seldom stand where they are put. */
export const odd: readonly unknown[] = [
  undefined,
  null,
  "",
  "x",
  0,
  1.5,
  true,
  false,
  [],
  ["a"],
  [null],
  [1],
  {},
  { a: 1 },
  [{}],
  [[]],
]

/** A plain JSON object. */
export type JsonObject = Record<string, unknown>

/** True for an object that is neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** Parses a record's text. The simulator only stores texts of objects. */
export function parseObject(text: string): JsonObject {
  return JSON.parse(text) as JsonObject
}

/** Equality of JSON values: the order of keys does not matter, the order in arrays does. */
export function equalJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false
    return one.every((item, index) => equalJson(item, other[index]))
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  return keys.every((key) => Object.hasOwn(other, key) && equalJson(one[key], other[key]))
}

/**
 * What of `before` differs from `after`: deep and minimal, arrays whole, `null` where `before` had nothing.
 *
 * This is the shape of an event's `previous_attributes`. `ignored` keys are left out at the top level.
 */
export function previousAttributes(
  before: JsonObject,
  after: JsonObject,
  ignored: ReadonlySet<string> = new Set(),
): JsonObject {
  const changed: JsonObject = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (ignored.has(key)) continue
    const old = before[key]
    const now = after[key]
    if (equalJson(old, now)) continue
    changed[key] = isJsonObject(old) && isJsonObject(now) ? previousAttributes(old, now) : (old ?? null)
  }
  return changed
}

/** Lays `patch` over `target` in place: objects are merged deeply, `undefined` removes a key, arrays replace. */
export function mergeJson(target: JsonObject, patch: JsonObject): void {
  for (const [key, value] of Object.entries(patch)) {
    const old = target[key]
    if (value === undefined) delete target[key]
    else if (isJsonObject(value) && isJsonObject(old)) mergeJson(old, value)
    else target[key] = value
  }
}

/** Removes the value at a dotted path such as `roles.student.dob`; an absent path is no error. */
export function removePath(target: JsonObject, path: string): void {
  const keys = path.split(".")
  let place: unknown = target
  for (const key of keys.slice(0, -1)) {
    if (!isJsonObject(place)) return
    place = place[key]
  }
  const last = keys.at(-1)
  if (isJsonObject(place) && last !== undefined) delete place[last]
}

/** The same value with the keys of every object in another order. */
export function shuffleKeys(value: unknown, integer: (below: number) => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffleKeys(item, integer))
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value)
  for (let last = entries.length - 1; last > 0; last--) {
    const other = integer(last + 1)
    const held = entries[last] as [string, unknown]
    entries[last] = entries[other] as [string, unknown]
    entries[other] = held
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, shuffleKeys(item, integer)]))
}

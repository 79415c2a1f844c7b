/** Which keys the canonical form leaves out. */
export interface CanonicalJsonOptions {
  /** Keys left out of the record itself and of each of its role objects. By default `last_modified`. */
  readonly omit?: readonly string[]
}

/** Clever's stamp of change: stored, but no change by itself (S11). */
export const stampKeys: readonly string[] = ["last_modified"]

/** Where in a record a value stands: only the record itself and its role objects carry stamps. */
export type Level = "record" | "roles" | "role" | "inner"

/**
 * A record's content as one text: two records are the same exactly if these texts are (S11).
 *
 * Keys stand in code unit order at every level, list elements in their own order. A key whose value is absent,
 * `null`, `""` or `[]` is left out, because Clever says "nothing" in all four ways and changes between them
 * without meaning (S8). An empty object stays: `roles.student: {}` says that the person is a student. Elements
 * of lists stay even if empty. `last_modified` is left out at the top and in each role object.
 *
 * Takes what `JSON.parse` returns; costs about as much as `JSON.stringify`.
 */
export function canonicalJson(value: unknown, options: CanonicalJsonOptions = {}): string {
  return write(value, "record", options.omit ?? stampKeys)
}

/** True for `undefined`, `null`, `""` and `[]`: Clever's four ways of saying nothing (S8). */
export function isEmptyValue(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)
}

/** The level of what stands under `key` in an object of the given level. */
export function levelUnder(level: Level, key: string): Level {
  if (level === "record") return key === "roles" ? "roles" : "inner"
  return level === "roles" ? "role" : "inner"
}

/** True if an object of this level carries the stamps that are no content. */
export function hasStamps(level: Level): boolean {
  return level === "record" || level === "role"
}

// The text is put together directly: sorted copies for JSON.stringify take as long, and stumble over a key
// named `__proto__`.
function write(value: unknown, level: Level, omit: readonly string[]): string {
  if (typeof value === "string") return quote(value)
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  if (Array.isArray(value)) {
    let text = "["
    for (let index = 0; index < value.length; index++) {
      if (index > 0) text += ","
      text += write(value[index], "inner", omit)
    }
    return `${text}]`
  }
  const object = value as Record<string, unknown>
  const stamped = hasStamps(level)
  let text = "{"
  let separator = ""
  for (const key of sortedKeys(object)) {
    const inner = object[key]
    if (isEmptyValue(inner) || (stamped && omit.includes(key))) continue
    text += separator + quoteKey(key)
    text += typeof inner === "string" ? quote(inner) : write(inner, levelUnder(level, key), omit)
    separator = ","
  }
  return `${text}}`
}

/** An insertion sort: Clever's keys are few and nearly in order. */
function sortedKeys(object: object): string[] {
  const keys = Object.keys(object)
  if (keys.length > 64) return keys.sort()
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index] as string
    let at = index - 1
    while (at >= 0 && (keys[at] as string) > key) {
      keys[at + 1] = keys[at] as string
      at--
    }
    keys[at + 1] = key
  }
  return keys
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON must escape.
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/

function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`
}

const quotedKeys = new Map<string, string>()

function quoteKey(key: string): string {
  let quoted = quotedKeys.get(key)
  if (quoted === undefined) {
    quoted = `${JSON.stringify(key)}:`
    // Districts name the keys of `ext`: the table must not grow with them for ever.
    if (quotedKeys.size < 2_000) quotedKeys.set(key, quoted)
  }
  return quoted
}

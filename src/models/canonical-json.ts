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
  return Buffer.from(canonicalBytes(value, options)).toString("utf8")
}

/** The same text as UTF-8. The bytes are the writer's own and are written over by the next call. */
export function canonicalBytes(value: unknown, options: CanonicalJsonOptions = {}): Uint8Array {
  length = 0
  writeValue(value, "record", options.omit ?? stampKeys)
  return buffer.subarray(0, length)
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

// The text is written byte by byte into one buffer: text put together from pieces has to be flattened before it
// can be hashed, which takes longer than all the rest.
let buffer = Buffer.allocUnsafe(64 * 1024)
let length = 0

const byte = { quote: 0x22, comma: 0x2c, colon: 0x3a, backslash: 0x5c }

function writeValue(value: unknown, level: Level, omit: readonly string[]): void {
  if (typeof value === "string") writeText(value)
  else if (Array.isArray(value)) writeList(value, omit)
  else if (typeof value === "object" && value !== null)
    writeObject(value as Record<string, unknown>, level, omit)
  else writeAscii(JSON.stringify(value) ?? "null")
}

function writeList(list: readonly unknown[], omit: readonly string[]): void {
  writeAscii("[")
  for (let index = 0; index < list.length; index++) {
    if (index > 0) buffer[length++] = byte.comma
    writeValue(list[index], "inner", omit)
  }
  writeAscii("]")
}

function writeObject(object: Record<string, unknown>, level: Level, omit: readonly string[]): void {
  const stamped = hasStamps(level)
  let isFirst = true
  writeAscii("{")
  for (const key of sortedKeys(object)) {
    const inner = object[key]
    if (isEmptyValue(inner) || (stamped && omit.includes(key))) continue
    if (!isFirst) buffer[length++] = byte.comma
    isFirst = false
    writeText(key)
    buffer[length++] = byte.colon
    writeValue(inner, levelUnder(level, key), omit)
  }
  writeAscii("}")
}

/** A string in quotes, escaped as JSON.stringify does it. */
function writeText(text: string): void {
  // At most three bytes a UTF-16 unit, or six escaped; the quotes, and a comma or colon after them.
  makeRoom(6 * text.length + 4)
  const start = length
  buffer[length++] = byte.quote
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code > 0x7e || code === byte.quote || code === byte.backslash) {
      length = start
      length += buffer.write(JSON.stringify(text), length, "utf8")
      return
    }
    buffer[length++] = code
  }
  buffer[length++] = byte.quote
}

function writeAscii(text: string): void {
  makeRoom(text.length + 2)
  for (let index = 0; index < text.length; index++) buffer[length++] = text.charCodeAt(index)
}

function makeRoom(bytes: number): void {
  if (length + bytes <= buffer.length) return
  const grown = Buffer.allocUnsafe(2 * (length + bytes))
  buffer.copy(grown, 0, 0, length)
  buffer = grown
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

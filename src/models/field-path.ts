/**
 * The keys that a path leads through, as `diffRecords` writes paths: `name.first`, `ext["a.b"]`. Undefined if it is no
 * such path, or leads through `__proto__`, which no field of Clever's is called.
 */
export function parseFieldPath(path: string): string[] | undefined {
  const keys: string[] = []
  const segment = /(?:(^|\.)([^.[\]"]+))|\[("(?:[^"\\]|\\.)*")\]/y
  while (segment.lastIndex < path.length) {
    const match = segment.exec(path)
    if (match === null) return undefined
    const key = match[3] === undefined ? match[2] : readQuoted(match[3])
    // A dot may stand between two keys only.
    if (key === undefined || key === "__proto__" || (match[1] === "." && keys.length === 0)) return undefined
    keys.push(key)
  }
  return keys.length === 0 ? undefined : keys
}

/** The path of a field under another path: `name` and `first` make `name.first`. */
export function joinFieldPath(path: string, key: string): string {
  if (/[.[\]"]/.test(key) || key === "") return `${path}[${JSON.stringify(key)}]`
  return path === "" ? key : `${path}.${key}`
}

/** The path that leads through these keys, as it is always written. */
export function formatFieldPath(keys: readonly string[]): string {
  return keys.reduce(joinFieldPath, "")
}

/** What stands at a path; undefined where there is nothing. */
export function valueAtPath(record: unknown, keys: readonly string[]): unknown {
  let value = record
  for (const key of keys) {
    if (!isPlainObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

/** True for what JSON calls an object. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function readQuoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}

import { isEmptyValue } from "./canonical-json.ts"
import { isPlainObject, parseFieldPath, valueAtPath } from "./field-path.ts"

/** A value that lies over a record's own. */
export interface FieldValue {
  /** As in `name.first` or `roles.student.grade`. */
  readonly path: string
  readonly value: unknown
}

/**
 * A record as the app is to see it (S19): a copy with the values laid over it, each at its path, in the order of the
 * paths. A list is replaced as a whole; an object that a path leads through is made where there is none.
 *
 * A value has no effect in a role that the person does not have, below something that is no object, or at a path that
 * nobody but Clever can own: the record's and the district's id, and which roles a person has.
 */
export function mergeOverrides<R extends object>(record: R, values: readonly FieldValue[]): R {
  let merged: object = record
  const ordered =
    values.length > 1 ? values.toSorted((one, other) => (one.path < other.path ? -1 : 1)) : values
  for (const { path, value } of ordered) {
    const keys = ownablePath(path)
    if (keys === undefined || !hasRole(merged, keys)) continue
    merged = withValue(merged, keys, value)
  }
  return merged as R
}

/** The keys of a path that somebody else than Clever may own; undefined where nobody may. */
export function ownablePath(path: string): string[] | undefined {
  const keys = parseFieldPath(path)
  if (keys === undefined || keys[0] === "id" || keys[0] === "district") return undefined
  return keys[0] === "roles" && keys.length < 3 ? undefined : keys
}

/** True unless the path leads into a role that is not there: only Clever says who has which. */
export function hasRole(record: object, [first, role]: readonly string[]): boolean {
  return first !== "roles" || role === undefined || isPlainObject(valueAtPath(record, [first, role]))
}

function withValue(object: object, [key, ...rest]: readonly string[], value: unknown): object {
  if (key === undefined) return object
  // Spread and literal both make members of the copy itself, whatever a key is called.
  if (rest.length === 0) return { ...object, [key]: value }
  const inner = valueAtPath(object, [key])
  if (isPlainObject(inner)) return { ...object, [key]: withValue(inner, rest, value) }
  return isEmptyValue(inner) ? { ...object, [key]: withValue({}, rest, value) } : object
}

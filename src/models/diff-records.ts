import {
  canonicalJson,
  hasStamps,
  isEmptyValue,
  type Level,
  levelUnder,
  stampKeys,
} from "./canonical-json.ts"
import { isPlainObject, joinFieldPath } from "./field-path.ts"

/** One field that differs. */
export interface FieldChange {
  /** As in `name.first` or `roles.student.schools`; a key with a dot or bracket is quoted: `ext["a.b"]`. */
  readonly path: string
  /** Undefined where the field was absent. */
  readonly before: unknown
  /** Undefined where the field is absent. */
  readonly after: unknown
}

/**
 * The fields that differ between two states of a record, in key order.
 *
 * Objects are compared field by field, lists as a whole; an object that came or went is one change. What the
 * canonical form ignores is no difference here: key order, kinds of empty, `last_modified` (S11). So the list is
 * empty exactly if both have the same `canonicalJson`.
 */
export function diffRecords(before: object, after: object): FieldChange[] {
  const changes: FieldChange[] = []
  compare(before, after, "", "record", changes)
  return changes
}

function compare(before: object, after: object, path: string, level: Level, changes: FieldChange[]): void {
  const earlier = before as Record<string, unknown>
  const later = after as Record<string, unknown>
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  for (const key of keys) {
    if (hasStamps(level) && stampKeys.includes(key)) continue
    const was = Object.hasOwn(earlier, key) ? earlier[key] : undefined
    const is = Object.hasOwn(later, key) ? later[key] : undefined
    if (isEmptyValue(was) && isEmptyValue(is)) continue
    const under = levelUnder(level, key)
    const fieldPath = joinFieldPath(path, key)
    if (isPlainObject(was) && isPlainObject(is)) compare(was, is, fieldPath, under, changes)
    else if (!isSame(was, is)) changes.push({ path: fieldPath, before: was, after: is })
  }
}

function isSame(was: unknown, is: unknown): boolean {
  if (was === is) return true
  if (isEmptyValue(was) || isEmptyValue(is)) return false
  if (typeof was !== typeof is || typeof was !== "object") return JSON.stringify(was) === JSON.stringify(is)
  // Wrapped, so that a `last_modified` inside a list element counts as it does in the canonical form.
  return canonicalJson([was]) === canonicalJson([is])
}

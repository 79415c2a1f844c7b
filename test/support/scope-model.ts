import { isEmptyValue } from "../../src/models/index.ts"
import { type Kind, kinds } from "../../src/models/kinds.ts"
import type { Scope } from "../../src/models/scope.ts"
import type { JsonObject, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { Roster } from "./truth.ts"

type Leaf = { path: string[]; value: unknown }

const always: Readonly<Record<string, readonly string[]>> = {
  district: ["id", "state", "last_sync", "pause_start", "pause_end"],
  section: ["id", "district", "school", "course", "term_id", "teacher", "teachers", "students"],
  contact: ["student_relationships.student"],
  district_admin: [],
}

/** What a scope leaves of a well-formed record, worked out leaf by leaf; undefined if nothing. */
export function scoped(scope: Scope, kind: Kind, record: JsonObject): JsonObject | undefined {
  if (kind !== "district") {
    if (scope.kinds !== undefined && !scope.kinds.includes(kind)) return undefined
    if (scope.exclude?.includes(String(record.id))) return undefined
    if (kind === "school" && scope.schools?.includes(String(record.id)) === false) return undefined
    if (kind === "section" && scope.schools?.includes(String(record.school)) === false) return undefined
  }
  let left: JsonObject = structuredClone(record)
  if (kind === "user" && (scope.roles !== undefined || scope.schools !== undefined)) {
    const roles = (left.roles ?? {}) as Record<string, JsonObject>
    for (const [name, role] of Object.entries(roles)) {
      const isAllowed = scope.roles === undefined || (scope.roles as readonly string[]).includes(name)
      const places = [role.school, role.schools].flat().map(String)
      const isHere =
        scope.schools === undefined ||
        name === "district_admin" ||
        places.some((id) => scope.schools?.includes(id))
      if (!isAllowed || !isHere) delete roles[name]
    }
    if (Object.keys(roles).length === 0) return undefined
  }
  for (const id of scope.exclude ?? []) left = without(left, id) as JsonObject
  return rebuilt(leavesOf(left).filter(({ path, value }) => isKept(scope, kind, path, value)))
}

/** A simpler rule than the engine's: good for whole ids, each in the places where Clever has them. */
function without(value: unknown, id: string): unknown {
  if (Array.isArray(value)) {
    return value
      .filter((element) => element !== id && !(isObject(element) && Object.values(element).includes(id)))
      .map((element) => without(element, id))
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([key, inner]) => inner !== id || key === "id")
  return Object.fromEntries(entries.map(([key, inner]) => [key, without(inner, id)]))
}

function isKept(scope: Scope, kind: Kind, path: readonly string[], value: unknown): boolean {
  const { fields } = scope
  if (fields === undefined) return true
  const keys = path.filter((key) => !/^\[\d+\]$/.test(key))
  const isUnder = (list: readonly string[]) =>
    list.some((allowed) => {
      const wanted = allowed.split(".")
      const isBelow = wanted.every((key, at) => keys[at] === key)
      const isAbove = keys.every((key, at) => wanted[at] === key)
      return isBelow || (isAbove && isEmptyOrBare(value))
    })
  if (kind !== "user" || keys[0] !== "roles") {
    const list = fields[kind]
    return list === undefined || isUnder([...(always[kind] ?? ["id", "district"]), ...list])
  }
  const [, role = "", ...rest] = keys
  const own = fields[role as "student"]
  if (rest.length === 0 || (own === undefined && fields.user === undefined)) return true
  keys.splice(0, 2)
  return isUnder([...(always[role] ?? ["school", "schools"]), ...(own ?? [])])
}

function isEmptyOrBare(value: unknown): boolean {
  return isEmptyValue(value) || (isObject(value) && Object.keys(value).length === 0)
}

function leavesOf(value: unknown, path: string[] = []): Leaf[] {
  if (isObject(value) && Object.keys(value).length > 0) {
    const inner = Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...path, key]))
    // A role that nothing is left of is a role.
    return path.length === 2 && path[0] === "roles" ? [{ path, value: {} }, ...inner] : inner
  }
  if (Array.isArray(value) && value.length > 0) {
    return [
      { path: [...path], value: [] },
      ...value.flatMap((one, at) => leavesOf(one, [...path, `[${at}]`])),
    ]
  }
  return [{ path, value }]
}

function rebuilt(leaves: readonly Leaf[]): JsonObject {
  const root: JsonObject = {}
  for (const { path, value } of leaves) {
    let at: Record<string, unknown> | unknown[] = root
    path.forEach((key, index) => {
      const isLast = index === path.length - 1
      const holder = at as Record<string, unknown>
      if (isLast) holder[key] ??= structuredClone(value)
      else {
        holder[key] ??= {}
        at = holder[key] as Record<string, unknown>
      }
    })
  }
  return withLists(root) as JsonObject
}

/** Elements were put under keys like `[0]`, some of which may be missing now. */
function withLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    const elements = Object.entries(value).filter(([key]) => key.startsWith("["))
    return elements.map(([, element]) => withLists(element))
  }
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withLists(inner)]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** What a store must hold that was imported at every look, each time within the scope of the day. */
export class ScopedTruth {
  readonly #known: Roster = new Map()

  observe(district: SimulatedDistrict, scope: Scope): Roster {
    const now = new Map<string, unknown>()
    for (const kind of kinds) {
      for (const record of district.records(kind)) {
        const left = scoped(scope, kind, record)
        if (left !== undefined) now.set(`${kind} ${String(record.id)}`, left)
      }
    }
    for (const [key, entry] of this.#known) if (!now.has(key)) entry.state = "archived"
    for (const [key, data] of now) this.#known.set(key, { state: "active", data })
    return structuredClone(this.#known)
  }
}

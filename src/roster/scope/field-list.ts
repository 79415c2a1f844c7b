import { HomeroomError } from "../../errors/index.ts"
import { isPlainObject, parseFieldPath } from "../../models/field-path.ts"
import { idPattern, isEmptyValue } from "../../models/index.ts"
import { type Kind, kinds, type Role, roles } from "../../models/kinds.ts"
import type { Scope } from "../../models/scope.ts"

/**
 * What is kept of an object, by key: the whole value, only ids in it, or of the objects that it holds what the tree
 * under it says.
 */
type FieldTree = Map<string, FieldPart>
type FieldPart = "whole" | "ids" | FieldTree

/** Without these a record is nobody's: the ids and the references of each kind and role. */
const ids: Readonly<Record<Kind | Role, readonly string[]>> = {
  district: ["id"],
  school: ["id", "district"],
  term: ["id", "district"],
  course: ["id", "district"],
  user: ["id", "district"],
  section: ["id", "district", "school", "course", "term_id", "teacher", "teachers", "students"],
  student: ["school", "schools"],
  teacher: ["school", "schools"],
  staff: ["school", "schools"],
  district_admin: [],
  contact: ["student_relationships.student"],
}

/** What says whether the data of a district may be trusted (S28). */
const trust: readonly string[] = ["state", "last_sync", "pause_start", "pause_end"]

/** The allow-lists of a scope, ready to be laid on records. */
export class FieldLists {
  readonly #kinds = new Map<Kind, FieldTree>()
  readonly #roles = new Map<string, FieldTree | "whole">()
  /** What is kept of a role that no list names. */
  readonly #otherRoles: FieldTree | "whole"

  /** Throws `INVALID_OPTIONS` for what is no path. */
  constructor(fields: NonNullable<Scope["fields"]>) {
    for (const kind of kinds) {
      const paths = fields[kind]
      if (paths !== undefined) this.#kinds.set(kind, treeOf(kind, paths))
    }
    // A list of the user is one of all roles, too: whoever keeps a name alone does not mean to keep birthdays.
    const user = this.#kinds.get("user")
    const inUser = user === undefined ? "whole" : (user.get("roles") ?? new Map())
    user?.set("roles", "whole")
    this.#otherRoles = inUser === "whole" ? "whole" : treeOf("teacher", [])
    const named = inUser instanceof Map ? inUser : new Map<string, FieldPart>()
    for (const role of new Set([...roles, ...named.keys()])) {
      const own = isRole(role) ? fields[role] : undefined
      const part = named.get(role)
      if (part === "whole" || (own === undefined && inUser === "whole")) this.#roles.set(role, "whole")
      else this.#roles.set(role, join(treeOf(isRole(role) ? role : "teacher", own ?? []), part))
    }
  }

  /** True if records of the kind are kept in part. */
  cover(kind: Kind): boolean {
    if (this.#kinds.has(kind)) return true
    return kind === "user" && [...this.#roles.values()].some((tree) => tree !== "whole")
  }

  /** The record with nothing but what is kept of it: a copy. */
  apply(kind: Kind, record: Record<string, unknown>): Record<string, unknown> {
    const tree = this.#kinds.get(kind)
    const picked = tree === undefined ? record : pick(record, tree)
    if (kind !== "user" || !isPlainObject(picked.roles)) return picked
    const ofRoles = Object.entries(picked.roles).map(([role, value]) => [role, this.#pickRole(role, value)])
    return { ...picked, roles: Object.fromEntries(ofRoles) as unknown }
  }

  #pickRole(role: string, value: unknown): unknown {
    const tree = this.#roles.get(role) ?? this.#otherRoles
    if (tree === "whole" || isEmptyValue(value)) return value
    // That somebody has the role is always kept; of another type it is rejected, whatever it says.
    return isPlainObject(value) ? pick(value, tree) : 0
  }
}

function isRole(name: string): name is Role {
  return (roles as readonly string[]).includes(name)
}

function treeOf(name: Kind | Role, paths: readonly string[]): FieldTree {
  const tree: FieldTree = new Map()
  for (const path of ids[name]) add(tree, path.split("."), "ids")
  if (name === "district") for (const key of trust) add(tree, [key], "whole")
  for (const path of paths) {
    const keys = parseFieldPath(path)
    if (keys === undefined) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: `scope.fields.${name} has ${JSON.stringify(path)}, which is no path of a field, as in name.first.`,
        details: { option: `scope.fields.${name}` },
      })
    }
    // Ids stay ids, so that nothing else can stand in their place.
    add(tree, keys, "whole")
  }
  return tree
}

function add(tree: FieldTree, keys: readonly string[], leaf: "whole" | "ids"): void {
  const [key = "", ...rest] = keys
  const there = tree.get(key)
  if (there === "whole" || there === "ids") return
  if (rest.length === 0) {
    tree.set(key, leaf)
    return
  }
  const under: FieldTree = there ?? new Map()
  tree.set(key, under)
  add(under, rest, leaf)
}

function join(tree: FieldTree, other: FieldPart | undefined): FieldTree {
  if (!(other instanceof Map)) return tree
  for (const [key, part] of other) {
    const there = tree.get(key)
    if (there instanceof Map) tree.set(key, part instanceof Map ? join(there, part) : part)
    else if (there === undefined) tree.set(key, part)
  }
  return tree
}

function pick(object: Record<string, unknown>, tree: FieldTree): Record<string, unknown> {
  const picked: [string, unknown][] = []
  for (const [key, value] of Object.entries(object)) {
    const part = tree.get(key)
    if (part === undefined) continue
    const left = part === "whole" ? value : part === "ids" ? idsOf(value) : pickAll(value, part)
    if (left !== undefined) picked.push([key, left])
  }
  return Object.fromEntries(picked)
}

/** Of an object, or of each object in a list; undefined where nothing is left. */
function pickAll(value: unknown, tree: FieldTree): unknown {
  if (isPlainObject(value)) {
    const picked = pick(value, tree)
    return Object.keys(picked).length > 0 || Object.keys(value).length === 0 ? picked : undefined
  }
  if (Array.isArray(value)) {
    return value
      .filter(isPlainObject)
      .map((element) => pick(element, tree))
      .filter(hasKeys)
  }
  // A text where an object belongs may hold anything.
  return isEmptyValue(value) ? value : undefined
}

function hasKeys(object: object): boolean {
  return Object.keys(object).length > 0
}

/** What can be an id, or a list of them; anything else keeps its type, so that it is rejected, and nothing more. */
function idsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(idsOf)
  if (typeof value === "string") return value === "" || idPattern.test(value) ? value : "?"
  return isPlainObject(value) ? {} : value
}

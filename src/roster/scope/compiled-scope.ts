import { isPlainObject } from "../../models/field-path.ts"
import { scopedFingerprint } from "../../models/fingerprint.ts"
import { isEmptyValue, nodeCrypto } from "../../models/index.ts"
import type { Kind } from "../../models/kinds.ts"
import type { Scope } from "../../models/scope.ts"
import { Exclusion } from "./exclusion.ts"
import { FieldLists } from "./field-list.ts"

export { digestMark, scopeMark } from "../../models/fingerprint.ts"

/** Counts up whenever the same scope comes to mean something else. */
const scopeVersion = 1

/** What a scope says of one record. */
export type ScopeVerdict =
  /** Of the record, `value` is kept; `text` is its JSON where that is not the record as it was sent. */
  | { readonly state: "in"; readonly value: unknown; readonly text: string | undefined }
  /** Nothing of it is kept. */
  | { readonly state: "out"; readonly reason: "kind" | "exclude" | "roles" | "schools" }
  /** It is malformed where its place would have to be read: nothing of it may be kept, and it can't be accepted. */
  | { readonly state: "unknown" }

/** Undefined where everything is kept. Throws `INVALID_OPTIONS` for a field list with something else than paths. */
export function compileScope(scope: Scope | undefined): CompiledScope | undefined {
  if (scope === undefined) return undefined
  const { fields = {}, exclude = [], ...rest } = scope
  const parts = [...Object.values(rest), ...Object.values(fields), ...exclude]
  return parts.every((part) => part === undefined) ? undefined : new CompiledScope(scope)
}

/** A district's scope, ready to be asked of every record (S18). Costs a second parsing of each at most. */
export class CompiledScope {
  /**
   * Names what is kept: two scopes that keep the same have the same. `exclude` is a part of it: one id more or less
   * changes the records of everybody who mentions it, whose bytes at Clever stay the same.
   */
  readonly digest: string
  /** The raw fingerprint of a record seen through this scope: one seen through another differs. */
  readonly fingerprint: (bytes: Uint8Array) => string
  readonly #kinds: ReadonlySet<Kind> | undefined
  readonly #roles: ReadonlySet<string> | undefined
  readonly #schools: ReadonlySet<string> | undefined
  readonly #fields: FieldLists | undefined
  readonly #exclusion: Exclusion | undefined

  constructor({ kinds, roles, schools, fields, exclude }: Scope) {
    this.#kinds = kinds && new Set(kinds)
    this.#roles = roles && new Set(roles)
    this.#schools = schools && new Set(schools)
    this.#fields = fields && new FieldLists(fields)
    this.#exclusion = exclude && new Exclusion(exclude)
    this.digest = digestOf({ kinds, roles, schools, fields, exclude })
    this.fingerprint = (bytes) => scopedFingerprint(bytes, this.digest)
  }

  /** Whether records of the kind are kept at all. A district's own always is: it says whether to trust the others. */
  keepsKind(kind: Kind): boolean {
    return kind === "district" || this.#kinds === undefined || this.#kinds.has(kind)
  }

  /** Whether an id, or any in an address, is one that is left out wherever it stands. */
  excludes(text: string): boolean {
    return this.#exclusion?.isIn(text) ?? false
  }

  /** What is kept of a record, taken as `JSON.parse` returns it. Never throws. */
  judge(kind: Kind, value: unknown): ScopeVerdict {
    if (!this.keepsKind(kind)) return { state: "out", reason: "kind" }
    if (!isPlainObject(value)) return { state: "unknown" }
    const out = this.#whyOut(kind, value)
    if (out !== undefined) return out
    let kept: Record<string, unknown> = value
    if (kind === "user") {
      const user = this.#withRoles(value)
      if ("state" in user) return user
      kept = user.kept
    }
    if (this.#exclusion !== undefined) kept = this.#exclusion.withoutMentions(kept)
    if (this.#fields?.cover(kind)) kept = this.#fields.apply(kind, kept)
    return { state: "in", value: kept, text: kept === value ? undefined : JSON.stringify(kept) }
  }

  /** What decides about the record as a whole. */
  #whyOut(kind: Kind, { id, school }: Record<string, unknown>): ScopeVerdict | undefined {
    if (kind === "district") return undefined
    if (typeof id === "string" && this.#exclusion?.has(id)) return { state: "out", reason: "exclude" }
    const isDecidedById = this.#exclusion !== undefined || (kind === "school" && this.#schools !== undefined)
    if (typeof id !== "string" && isDecidedById) return { state: "unknown" }
    if (this.#schools === undefined || (kind !== "school" && kind !== "section")) return undefined
    const place = kind === "school" ? id : school
    if (typeof place === "string" && this.#schools.has(place)) return undefined
    return isEmptyValue(place) || typeof place === "string"
      ? { state: "out", reason: "schools" }
      : { state: "unknown" }
  }

  /** A person with the roles that are kept. */
  #withRoles(user: Record<string, unknown>): { kept: Record<string, unknown> } | ScopeVerdict {
    const isNarrowed = this.#roles !== undefined || this.#schools !== undefined
    const { roles } = user
    if (!isNarrowed && (this.#fields === undefined || isPlainObject(roles))) return { kept: user }
    if (!isPlainObject(roles)) {
      if (!isEmptyValue(roles)) return { state: "unknown" }
      if (!isNarrowed) return { kept: user }
      return { state: "out", reason: this.#roles === undefined ? "schools" : "roles" }
    }
    const all = Object.entries(roles).filter(([, role]) => !isEmptyValue(role))
    const allowed = all.filter(([name]) => this.#roles?.has(name) ?? true)
    if (allowed.length === 0) return { state: "out", reason: "roles" }
    const places = allowed.map(([name, role]) => this.#isAtSchool(name, role))
    if (places.includes(undefined)) return { state: "unknown" }
    const kept = allowed.filter((_, index) => places[index])
    if (kept.length === 0) return { state: "out", reason: "schools" }
    return { kept: kept.length === all.length ? user : { ...user, roles: Object.fromEntries(kept) } }
  }

  /** Undefined where it can't be told. */
  #isAtSchool(name: string, role: unknown): boolean | undefined {
    const schools = this.#schools
    if (schools === undefined) return true
    if (!isPlainObject(role)) return undefined
    // A district admin has the whole district for a school; a contact's is nowhere in the record.
    if (name === "district_admin") return true
    const places = [role.school, ...(Array.isArray(role.schools) ? role.schools : [role.schools])]
    if (places.some((place) => typeof place === "string" && schools.has(place))) return true
    return places.every((place) => typeof place === "string" || isEmptyValue(place)) ? false : undefined
  }
}

/** The order in lists means nothing, nor does naming something twice. */
function digestOf(scope: Scope): string {
  const sorted = (list: readonly string[] | undefined) => list && [...new Set(list)].sort()
  const { kinds, roles, schools, fields, exclude } = scope
  const lists = Object.entries(fields ?? {})
    .filter(([, paths]) => paths !== undefined)
    .map(([name, paths]) => [name, sorted(paths)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const text = JSON.stringify([
    scopeVersion,
    sorted(kinds),
    sorted(roles),
    sorted(schools),
    fields && lists,
    sorted(exclude),
  ])
  return nodeCrypto().hash("sha256", text, "base64url").slice(0, 22)
}

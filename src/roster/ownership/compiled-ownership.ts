import { HomeroomError } from "../../errors/index.ts"
import { formatFieldPath } from "../../models/field-path.ts"
import { type Kind, kinds } from "../../models/kinds.ts"
import { ownablePath } from "../../models/overrides.ts"
import type { FieldOwner, Ownership } from "../../models/ownership.ts"

interface OwnedField {
  readonly path: string
  readonly keys: readonly string[]
  readonly owner: FieldOwner
}

/** Throws `INVALID_OPTIONS` for a path that nobody can own, and for two fields of which one contains the other. */
export function compileOwnership(ownership: Ownership | undefined): CompiledOwnership {
  return new CompiledOwnership(ownership ?? {})
}

/** Whose the fields of a district are, ready to be asked (S19). */
export class CompiledOwnership {
  readonly #fields: ReadonlyMap<Kind, readonly OwnedField[]>

  constructor(ownership: Ownership) {
    this.#fields = new Map(kinds.map((kind) => [kind, fieldsOf(kind, ownership)]))
  }

  /** The owner of a field: its own, or that of a field which it is a part of. */
  ownerOf(kind: Kind, path: string): FieldOwner {
    const keys = ownablePath(path) ?? []
    const field = this.#fields.get(kind)?.find((one) => contains(one.keys, keys))
    return field?.owner ?? "clever"
  }

  /** The fields that are the app's. */
  appFields(kind: Kind): readonly OwnedField[] {
    return this.#fields.get(kind)?.filter(({ owner }) => owner === "app") ?? []
  }
}

function fieldsOf(kind: Kind, ownership: Ownership): OwnedField[] {
  const fields: OwnedField[] = []
  for (const [path, owner] of Object.entries(ownership[kind] ?? {})) {
    const keys = ownablePath(path)
    if (keys === undefined) refuse(kind, path, "is no path of a field that could be anybody's but Clever's")
    const other = fields.find((one) => contains(one.keys, keys) || contains(keys, one.keys))
    if (other !== undefined)
      refuse(kind, path, `and ${other.path} are not two fields: one contains the other`)
    fields.push({ path: formatFieldPath(keys), keys, owner })
  }
  return fields
}

function contains(keys: readonly string[], part: readonly string[]): boolean {
  return keys.length <= part.length && keys.every((key, at) => part[at] === key)
}

function refuse(kind: Kind, path: string, problem: string): never {
  throw new HomeroomError("INVALID_OPTIONS", {
    message: `ownership.${kind}: ${JSON.stringify(path)} ${problem}.`,
    details: { option: `ownership.${kind}` },
  })
}

import type { Kind } from "../../models/kinds.ts"
import { kindCode } from "./codes.ts"

/**
 * The id after which the records of one kind go on in a list in kind order; undefined where none of them comes after.
 * Said of the id alone, since an index is entered at one place of a kind only if the kind itself is given.
 */
export function idAfter(kind: Kind, after: { kind: Kind; id: string } | undefined): string | undefined {
  if (after === undefined || kindCode(after.kind) < kindCode(kind)) return ""
  return after.kind === kind ? after.id : undefined
}

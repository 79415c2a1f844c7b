import type { Kind } from "../../models/kinds.ts"
import { kindCode } from "../sql/codes.ts"

/** The district whose Clever id the parameter is, by its number. */
export function districtSql(parameter: string): string {
  return `(SELECT key FROM homeroom.districts WHERE id = ${parameter})`
}

/** The kind and id that a page in kind order begins after. */
export function placeAfter(after: { kind: Kind; id: string } | undefined): [number, string] {
  return after === undefined ? [-1, ""] : [kindCode(after.kind), after.id]
}

import { claimRows } from "./lies/claim-rows.ts"
import { formRows } from "./lies/form-rows.ts"
import { discoveryRows, keyRows } from "./lies/key-rows.ts"
import type { LieRow } from "./lies/lie-row.ts"
import { personRows } from "./lies/person-rows.ts"
import { fapiRows, openidRows } from "./lies/plan-rows.ts"
import { tokenRows } from "./lies/token-rows.ts"

export type { LieKeys } from "./lies/lie-row.ts"
export { library } from "./lies/tell.ts"

/** Every lie. */
export const lieRows: readonly LieRow[] = [
  ...openidRows,
  ...fapiRows,
  ...claimRows,
  ...formRows,
  ...keyRows,
  ...discoveryRows,
  ...tokenRows,
  ...personRows,
]

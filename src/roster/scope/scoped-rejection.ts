import { idPattern } from "../../models/index.ts"
import type { Rejection } from "../../storage/contract.ts"
import type { CompiledScope } from "./compiled-scope.ts"

/** Stands for the content of a rejected record of which nothing may be kept (S18). */
export const noContent = "null"

/** What a scope leaves of a rejection that an earlier run kept, under whatever text it had for an id; undefined if nothing. */
export function scopedRejection(
  rejection: Rejection,
  scope: CompiledScope | undefined,
): Rejection | undefined {
  if (scope === undefined) return rejection
  if (!rejection.id.startsWith("?") && !idPattern.test(rejection.id)) return undefined
  if (rejection.data === noContent) return rejection
  const verdict = scope.judge(rejection.kind, JSON.parse(rejection.data))
  if (verdict.state === "out") return undefined
  if (verdict.state === "unknown") return { ...rejection, data: noContent }
  return { ...rejection, data: verdict.text ?? rejection.data }
}

import { parseObject } from "../json.ts"
import { rolesOf, type SimulatedKind } from "../kinds.ts"
import type { RecordChange } from "./event-feed.ts"

type Place = Exclude<SimulatedKind, "user"> | "district_admin" | "student" | "contact" | "teacher" | "staff"

/** Clever's documented order inside one batch; deletions come in an order of their own, after all else. */
const upwards: readonly Place[] = [
  "district",
  "district_admin",
  "school",
  "term",
  "course",
  "student",
  "contact",
  "teacher",
  "section",
  "staff",
  "resource",
]
const downwards: readonly Place[] = [
  "resource",
  "staff",
  "section",
  "teacher",
  "contact",
  "student",
  "term",
  "course",
  "school",
  "district_admin",
  "district",
]

/** Somebody with several roles comes where the role comes that others may refer to first. */
const decidingRoles = ["district_admin", "student", "contact", "teacher", "staff"] as const

/** Where in its batch an event comes: lower first. */
export function batchRank({ kind, text, action }: RecordChange): number {
  const held = kind === "user" ? rolesOf(parseObject(text)) : []
  const place: Place = kind === "user" ? (decidingRoles.find((role) => held.includes(role)) ?? "staff") : kind
  const order = action === "deleted" ? downwards : upwards
  return ["created", "updated", "deleted"].indexOf(action) * upwards.length + order.indexOf(place)
}

import { type Kind, kinds } from "../../models/kinds.ts"
import type { LoggedAction } from "../../storage/contract.ts"

/** A part of a commit that is delivered as a whole before the next one begins. */
export interface DeliveryStep {
  /** What the delivery's place is kept under. */
  readonly name: string
  readonly kind: Kind
  readonly action: LoggedAction
  /** Of users: those that name students (contacts), or all others; null of other kinds. */
  readonly people: "contacts" | "others" | null
}

const appearing: readonly LoggedAction[] = ["create", "restore", "update"]

/**
 * The steps of a commit, in dependency order (S23): what a record refers to is there before it. Records that appear or
 * change come first, in the order of kinds, contacts after the students they belong to; then what is archived, the other
 * way round.
 */
export const commitSteps: readonly DeliveryStep[] = [
  ...kinds.flatMap((kind) =>
    peopleOf(kind).flatMap((people) => appearing.map((action) => step(kind, action, people))),
  ),
  ...kinds.toReversed().flatMap((kind) =>
    peopleOf(kind)
      .toReversed()
      .map((people) => step(kind, "archive", people)),
  ),
]

/** The steps of a roster that a target gets as it is. */
export const snapshotSteps: readonly DeliveryStep[] = commitSteps.filter(({ action }) => action === "create")

function peopleOf(kind: Kind): readonly DeliveryStep["people"][] {
  return kind === "user" ? ["others", "contacts"] : [null]
}

function step(kind: Kind, action: LoggedAction, people: DeliveryStep["people"]): DeliveryStep {
  return {
    name: people === "contacts" ? `${kind} ${action} contacts` : `${kind} ${action}`,
    kind,
    action,
    people,
  }
}

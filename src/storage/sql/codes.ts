import { type Kind, kinds } from "../../models/kinds.ts"
import type { Action, LoggedAction } from "../contract.ts"

// The numbers stand in databases: append, never reorder.

/** The actions in the order of their numbers; `create` is 0, which the index of the others leaves out. */
export const actions: readonly Action[] = [
  "create",
  "update",
  "restore",
  "archive",
  "refresh",
  "unchanged",
  "reject",
]

/** The numbers of the actions that the change log shows. */
export const loggedActions: readonly number[] = [0, 1, 2, 3]

export function kindCode(kind: Kind): number {
  return kinds.indexOf(kind)
}

export function kindOf(code: unknown): Kind {
  const kind = kinds[code as number]
  if (kind === undefined) throw new TypeError(`Unknown kind ${String(code)}`)
  return kind
}

export function actionCode(action: Action): number {
  return actions.indexOf(action)
}

export function actionOf(code: unknown): Action {
  const action = actions[code as number]
  if (action === undefined) throw new TypeError(`Unknown action ${String(code)}`)
  return action
}

export function loggedActionOf(code: unknown): LoggedAction {
  return actionOf(code) as LoggedAction
}

import type { Kind } from "../models/kinds.ts"
import type { LoggedChange, Rejection, RosterStorage } from "../storage/contract.ts"

/** One record in a run. */
export interface ChangePlace {
  runId: string
  kind: Kind
  id: string
}

/** What a run did with one record, or would do; undefined if nothing. Reads one entry. */
export async function findChange(
  storage: RosterStorage,
  { runId, kind, id }: ChangePlace,
): Promise<LoggedChange | undefined> {
  const [next] = await storage.listChanges({ runId, kind, after: { kind, id: justBefore(id) }, limit: 1 })
  return next?.id === id ? next : undefined
}

/** Why a run rejected one record; undefined if it did not. Reads one entry. */
export async function findRejection(
  storage: RosterStorage,
  { runId, kind, id }: ChangePlace,
): Promise<Rejection | undefined> {
  const [next] = await storage.listRejections({ runId, after: { kind, id: justBefore(id) }, limit: 1 })
  return next?.kind === kind && next.id === id ? next : undefined
}

/** A text that comes before the id and after every other one that does: lists go on after it. */
function justBefore(id: string): string {
  return `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}\uffff`
}

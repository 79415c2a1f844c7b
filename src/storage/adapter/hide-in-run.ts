import { hideReferences } from "../../models/hide-references.ts"
import type { Run } from "../contract.ts"

/** A run's record in which an id no longer stands. */
export interface HiddenRun {
  /** As JSON. */
  readonly document: string
  /**
   * True if it can't go on from where it was interrupted, because that place was the id's: it has no checkpoint any
   * more, and what it has staged is to be dropped, as for a run that is begun afresh (S22).
   */
  readonly startsOver: boolean
}

/** A run's record, given as JSON, without an id; undefined if the id does not stand in it. */
export function hideInRun(document: string, id: string): HiddenRun | undefined {
  const hidden = hideReferences(document, id)
  if (hidden === undefined) return undefined
  const { checkpoint } = JSON.parse(document) as Run
  if (hideReferences(JSON.stringify(checkpoint), id) === undefined) {
    return { document: hidden, startsOver: false }
  }
  return { document: JSON.stringify({ ...(JSON.parse(hidden) as Run), checkpoint: null }), startsOver: true }
}

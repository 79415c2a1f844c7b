import type { Kind } from "../models/kinds.ts"
import type { Rejection, RosterStorage } from "../storage/contract.ts"
import { positionOf, type RecordPosition } from "./change-log.ts"

/** A record that a run left out. */
export interface RunRejection {
  kind: Kind
  /** Null where the record has no id that could be read. */
  id: string | null
  reason: string
  /** Where in the record: `roles.student.schools[0]`; empty for the whole. */
  path: string
}

/** From where in a run's rejected records. */
export interface RejectionPageQuery {
  /** `next` of the page before. Default: the first page. */
  after?: RecordPosition | undefined
  /** How many at most. Default 50. */
  limit?: number | undefined
}

export interface RejectionPage {
  /** In kind order, then id; without their contents. */
  rejections: RunRejection[]
  /** Where the next page begins; null after the last one. */
  next: RecordPosition | null
}

const pageSize = 500

/** The records that a run rejected, in kind order, then id; without their contents. */
export async function* readRejections(storage: RosterStorage, runId: string): AsyncGenerator<RunRejection> {
  let after: RecordPosition | null = null
  for (;;) {
    const page = await storage.listRejections({ runId, after: after ?? undefined, limit: pageSize })
    yield* page.map(describe)
    after = positionOf(page.at(-1))
    if (after === null) return
  }
}

/** A page of what {@link readRejections} lists. Costs that page. */
export async function pageOfRejections(
  storage: RosterStorage,
  runId: string,
  { after, limit = 50 }: RejectionPageQuery,
): Promise<RejectionPage> {
  const found = await storage.listRejections({ runId, after, limit: limit + 1 })
  const shown = found.slice(0, limit)
  return {
    rejections: shown.map(describe),
    next: found.length > limit ? positionOf(shown.at(-1)) : null,
  }
}

function describe({ kind, id, reason, path }: Rejection): RunRejection {
  return { kind, id: id.startsWith("?") ? null : id, reason, path }
}

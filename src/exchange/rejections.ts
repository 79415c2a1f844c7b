import type { Kind } from "../models/index.ts"
import type { Rejection, RosterStorage } from "../storage/contract.ts"

/** A record that a run left out. */
export interface RunRejection {
  kind: Kind
  /** Null where the record has no id that could be read. */
  id: string | null
  reason: string
  /** Where in the record: `roles.student.schools[0]`; empty for the whole. */
  path: string
}

/** Where a list of rejected records goes on. */
export interface RejectionPosition {
  kind: Kind
  id: string
}

export interface RejectionPage {
  /** In kind order, then id; without their contents. */
  rejections: RunRejection[]
  /** Where the next page begins; null after the last one. */
  next: RejectionPosition | null
}

const pageSize = 500

/** The records that a run rejected, in kind order, then id; without their contents. */
export async function* readRejections(storage: RosterStorage, runId: string): AsyncGenerator<RunRejection> {
  await storage.open()
  let after: RejectionPosition | undefined
  for (;;) {
    const page = await storage.listRejections({ runId, after, limit: pageSize })
    yield* page.map(describe)
    const last = page.at(-1)
    if (last === undefined) return
    after = { kind: last.kind, id: last.id }
  }
}

/** A page of what {@link readRejections} lists, 50 where `limit` does not say otherwise. Costs that page. */
export async function pageOfRejections(
  storage: RosterStorage,
  runId: string,
  { after, limit = 50 }: { after?: RejectionPosition | undefined; limit?: number | undefined } = {},
): Promise<RejectionPage> {
  await storage.open()
  const found = await storage.listRejections({ runId, after, limit: limit + 1 })
  const shown = found.slice(0, limit)
  const last = found.length > limit ? shown.at(-1) : undefined
  return {
    rejections: shown.map(describe),
    next: last === undefined ? null : { kind: last.kind, id: last.id },
  }
}

function describe({ kind, id, reason, path }: Rejection): RunRejection {
  return { kind, id: id.startsWith("?") ? null : id, reason, path }
}

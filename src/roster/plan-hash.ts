import { nodeCrypto } from "../models/index.ts"
import { kinds } from "../models/kinds.ts"
import type { Action, Cursor, RosterStorage } from "../storage/contract.ts"

export interface HashedPlan {
  runId: string
  /** The district's version that the changes are changes of. */
  basis: number
  /** The cursor that goes with them. */
  cursor: Cursor | null
  actions: readonly Action[]
}

const entriesPerPage = 10_000

/**
 * What a plan is known by (S16): SHA-256, in hexadecimal, over its basis, its cursor, its actions, and of every staged
 * change its kind, id, action and fingerprints. The same whatever the storage and in whatever order it was staged.
 * Costs a walk over what is staged, one page of it in memory, and nothing of its contents.
 */
export async function planHash(
  storage: RosterStorage,
  { runId, basis, cursor, actions }: HashedPlan,
  onPage: () => void = () => {},
): Promise<string> {
  const hash = nodeCrypto().createHash("sha256")
  const place = cursor === null ? null : [cursor.eventId, cursor.at, cursor.apiVersion]
  hash.update(line(["plan", 1, basis, place, [...actions].sort()]))
  for (const kind of kinds) {
    for (let after = ""; ; ) {
      const page = await storage.listStaged({ runId, kind, after, limit: entriesPerPage })
      onPage()
      let lines = ""
      for (const { id, action, raw, canonical } of page) lines += line([kind, id, action, raw, canonical])
      hash.update(lines)
      const last = page.at(-1)
      if (last === undefined || page.length < entriesPerPage) break
      after = last.id
    }
  }
  return hash.digest("hex")
}

/** JSON keeps the parts apart whatever they hold. */
function line(parts: readonly unknown[]): string {
  return `${JSON.stringify(parts)}\n`
}

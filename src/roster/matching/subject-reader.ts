import { setImmediate as nextTurn } from "node:timers/promises"
import type { LoggedAction, RosterStorage, StoredRecord } from "../../storage/contract.ts"
import { throwIfAborted } from "../run-context.ts"
import type { SubjectKind } from "./account-index.ts"

const pageSize = 500
const commitsPerPage = 100

/** Gives records page by page, the same each time it is called. */
export type SubjectReader = (kind: SubjectKind) => AsyncGenerator<StoredRecord[]>

/** All active people or schools of a district, in ascending id. */
export function everyone(options: {
  storage: RosterStorage
  districtId: string
  signal: AbortSignal | undefined
}): SubjectReader {
  const { storage, districtId, signal } = options
  return async function* (kind) {
    let after: string | undefined
    for (;;) {
      throwIfAborted(signal)
      const page = await storage.listRecords({ districtId, kind, state: "active", after, limit: pageSize })
      const last = page.at(-1)
      if (last === undefined) return
      after = last.id
      yield page
      await nextTurn()
    }
  }
}

/** The commits of a district after a version, up to another. */
export interface CommitRange {
  storage: RosterStorage
  districtId: string
  after: number
  upTo: number
  signal: AbortSignal | undefined
}

/** The records that commits created and restored, as they are now, as far as they are active. */
export function newcomers(range: CommitRange): SubjectReader {
  return async function* (kind) {
    for await (const { records } of changedRecords(range, kind, ["create", "restore"])) {
      const active = records.filter(({ state }) => state === "active")
      if (active.length > 0) yield active
    }
  }
}

/** The records that commits changed in one of these ways, as they are now, commit by commit. */
export async function* changedRecords(
  { storage, districtId, after, upTo, signal }: CommitRange,
  kind: SubjectKind,
  actions: readonly LoggedAction[],
): AsyncGenerator<{ version: number; actions: ReadonlyMap<string, LoggedAction>; records: StoredRecord[] }> {
  let from = after
  for (;;) {
    const commits = await storage.listCommits({ districtId, after: from, limit: commitsPerPage })
    for (const { runId, version } of commits) {
      if (version > upTo) return
      let last: { kind: SubjectKind; id: string } | undefined
      for (;;) {
        throwIfAborted(signal)
        const changes = await storage.listChanges({ runId, kind, actions, after: last, limit: pageSize })
        const end = changes.at(-1)
        if (end === undefined) break
        last = { kind, id: end.id }
        const ids = changes.map(({ id }) => id)
        const records = await storage.getRecords({ districtId, kind, ids })
        yield { version, actions: new Map(changes.map(({ id, action }) => [id, action])), records }
        await nextTurn()
      }
    }
    const last = commits.at(-1)
    if (last === undefined) return
    from = last.version
  }
}

import type { Kind } from "../../models/kinds.ts"
import type { LoggedChange, RosterStorage } from "../../storage/contract.ts"

/** A record as it was at a version of its district. */
export interface RecordThen {
  readonly id: string
  readonly data: string
}

interface SnapshotQuery {
  storage: RosterStorage
  districtId: string
  /** What the district's version was. The change log of all later commits must be there. */
  version: number
  kind: Kind
}

const commitsPerPage = 1_000
/** How many changes are held in memory, over all commits since that version. */
const changesAhead = 2_000

/**
 * The records of a kind that were active at a version of the district, in ascending id, page by page; a page may be
 * empty. Imports may go on meanwhile: what they did to a record is taken back by the content that their log has from
 * before.
 */
export async function* recordsAt(
  query: SnapshotQuery & { after: string; pageSize: number },
): AsyncGenerator<RecordThen[]> {
  const { storage, districtId, kind, pageSize } = query
  const since = new ChangesSince(query, query.after)
  for (let after = query.after; ; ) {
    const page = await storage.listRecords({ districtId, kind, after, limit: pageSize })
    const last = page.at(-1)
    if (last === undefined) return
    // Read after the page: whatever the page may show has its commit in this list.
    const changed = await since.upTo(last.id)
    const then: RecordThen[] = []
    for (const { id, state, data } of page) {
      const content = contentBefore(changed.get(id), state === "active" ? data : null)
      if (content !== null) then.push({ id, data: content })
    }
    yield then
    after = last.id
  }
}

/** The same of one record; undefined if it was not active then. */
export async function recordAt(query: SnapshotQuery & { id: string }): Promise<RecordThen | undefined> {
  const { storage, districtId, kind, id } = query
  const [record] = await storage.getRecords({ districtId, kind, ids: [id] })
  if (record === undefined) return undefined
  const changed = await new ChangesSince(query, idBefore(id)).upTo(id)
  const data = contentBefore(changed.get(id), record.state === "active" ? record.data : null)
  return data === null ? undefined : { id, data }
}

/** A text that comes before the id, and after every id that does: listing from there begins with it. */
export function idBefore(id: string): string {
  // Ids are of letters, digits, `-` and `_`: all of them come before `~`.
  return `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}~`
}

/** What an active record had before the first change of it since then; null: it was not there, or archived. */
function contentBefore(change: LoggedChange | undefined, present: string | null): string | null {
  if (change === undefined) return present
  return change.action === "restore" ? null : change.before
}

/** Reads the logs of all commits since a version side by side, each once, as ids go up. */
class ChangesSince {
  readonly #query: SnapshotQuery
  readonly #logs: { runId: string; place: string; ahead: LoggedChange[]; isDone: boolean }[] = []
  #version: number
  #place: string

  constructor(query: SnapshotQuery, after: string) {
    this.#query = query
    this.#version = query.version
    this.#place = after
  }

  /** For each record from where the last call ended up to this id: the earliest of its changes. */
  async upTo(id: string): Promise<Map<string, LoggedChange>> {
    await this.#noteCommits()
    const earliest = new Map<string, LoggedChange>()
    const { storage, kind } = this.#query
    const limit = Math.max(10, Math.floor(changesAhead / (this.#logs.length + 1)))
    for (const log of this.#logs) {
      for (;;) {
        const [next] = log.ahead
        if (next === undefined && !log.isDone) {
          const after = { kind, id: log.place }
          log.ahead = await storage.listChanges({ runId: log.runId, kind, after, limit })
          log.isDone = log.ahead.length < limit
          log.place = log.ahead.at(-1)?.id ?? log.place
          continue
        }
        if (next === undefined || next.id > id) break
        if (!earliest.has(next.id)) earliest.set(next.id, next)
        log.ahead.shift()
      }
    }
    this.#place = id
    return earliest
  }

  async #noteCommits(): Promise<void> {
    const { storage, districtId } = this.#query
    for (;;) {
      const page = await storage.listCommits({ districtId, after: this.#version, limit: commitsPerPage })
      const last = page.at(-1)
      if (last === undefined) return
      for (const { runId } of page) {
        this.#logs.push({ runId, place: this.#place, ahead: [], isDone: false })
      }
      this.#version = last.version
    }
  }
}

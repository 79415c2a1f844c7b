import type { RecordByKind, RosterRecord } from "../../models/index.ts"
import type { Kind } from "../../models/kinds.ts"
import { mergeOverrides } from "../../models/overrides.ts"
import type { FieldOverride, RecordState, RosterStorage, StoredRecord } from "../../storage/contract.ts"
import type { CompiledScope } from "../scope/compiled-scope.ts"

export interface ReadRecordsOptions<K extends Kind = Kind> {
  /** The Clever id of the district. */
  districtId: string
  kind: K
  /** Which records. Default `active`. */
  state?: RecordState | "all" | undefined
  /** Only records with these Clever ids; unknown ones are passed over. Default: all. */
  ids?: readonly string[] | undefined
  /** `merged` (the default): the app's own values lie over Clever's (S19). `clever`: what Clever said, within scope. */
  view?: "merged" | "clever" | undefined
}

/** A record of the roster, with the app's own values of its fields. */
export interface RosterEntry<K extends Kind = Kind> {
  readonly kind: K
  readonly id: string
  readonly state: RecordState
  readonly data: RecordByKind[K]
  /** In the order of their paths, whatever the view. */
  readonly overrides: readonly FieldOverride[]
}

const pageSize = 500

/**
 * The records of a kind in ascending id, as the app is to see them, within the scope as it is now (S18). Reads 500 at a
 * time, and their overrides with one query more. Each page is as of the moment at which it is read: an import may commit
 * between two of them.
 */
export async function* readRecords<K extends Kind>(
  storage: RosterStorage,
  options: ReadRecordsOptions<K>,
  scope: CompiledScope | undefined,
): AsyncGenerator<RosterEntry<K>> {
  const { districtId, kind, view = "merged" } = options
  for await (const page of pagesOf(storage, options)) {
    const overrides = await overridesOf(storage, districtId, page)
    for (const { id, state, data } of page) {
      const own = overrides.get(id) ?? []
      const record = JSON.parse(data) as RosterRecord<K>
      const seen = view === "clever" ? record : mergeOverrides(record, own)
      const verdict = scope?.judge(kind, seen)
      if (verdict !== undefined && verdict.state !== "in") continue
      yield {
        kind,
        id,
        state,
        data: (verdict === undefined ? seen : verdict.value) as RecordByKind[K],
        overrides: own,
      }
    }
  }
}

/** The overrides of these records, by id. */
export async function overridesOf(
  storage: RosterStorage,
  districtId: string,
  records: readonly Pick<StoredRecord, "kind" | "id">[],
): Promise<Map<string, FieldOverride[]>> {
  const found = new Map<string, FieldOverride[]>()
  const [first] = records
  if (first === undefined) return found
  const ids = records.map(({ id }) => id)
  let after: { id: string; path: string } | undefined
  for (;;) {
    const page = await storage.listOverrides({ districtId, kind: first.kind, ids, after, limit: pageSize })
    for (const override of page) {
      const known = found.get(override.id)
      if (known === undefined) found.set(override.id, [override])
      else known.push(override)
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return found
    after = { id: last.id, path: last.path }
  }
}

async function* pagesOf(
  storage: RosterStorage,
  { districtId, kind, state: wanted = "active", ids }: ReadRecordsOptions,
): AsyncGenerator<StoredRecord[]> {
  const state = wanted === "all" ? undefined : wanted
  if (ids !== undefined) {
    const ordered = [...new Set(ids)].sort()
    for (let from = 0; from < ordered.length; from += pageSize) {
      const records = await storage.getRecords({
        districtId,
        kind,
        ids: ordered.slice(from, from + pageSize),
      })
      yield records.filter((record) => state === undefined || record.state === state)
    }
    return
  }
  let after: string | undefined
  do {
    const page = await storage.listRecords({ districtId, kind, state, after, limit: pageSize })
    yield page
    after = page.at(-1)?.id
  } while (after !== undefined)
}

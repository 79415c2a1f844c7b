import type { RosterRecord } from "../../models/index.ts"
import type { Kind } from "../../models/kinds.ts"
import { recordKeys } from "../../models/record-keys.ts"
import type { ChangeQuery, Counts, LoggedChange, RecordKeys, RosterStorage } from "../../storage/contract.ts"

/** Kinds whose records belong to schools. */
export const kindsOfSchools: readonly ["user", "section"] = ["user", "section"]

export type KindOfSchool = (typeof kindsOfSchools)[number]

/** Whom and what a run archives. */
export interface ArchiveTally {
  /** The schools whose own records are archived. */
  readonly schoolIds: ReadonlySet<string>
  /** By kind and school, how many records. */
  readonly bySchool: Readonly<Record<KindOfSchool, ReadonlyMap<string, number>>>
  /** By role, how many people. */
  readonly byRole: ReadonlyMap<string, number>
}

const pageSize = 500

/** Reads what a run archives once, a page at a time, for the schools and roles in it. */
export async function tallyArchives(options: {
  storage: RosterStorage
  runId: string
  counts: Record<Kind, Counts>
}): Promise<ArchiveTally> {
  const { storage, runId, counts } = options
  const schoolIds = new Set<string>()
  const bySchool = { user: new Map<string, number>(), section: new Map<string, number>() }
  const byRole = new Map<string, number>()
  const archivesOf = (kind: Kind) => stagedChanges(storage, { runId, kind, actions: ["archive"] })
  if (counts.school.archived > 0) {
    for await (const { id } of archivesOf("school")) schoolIds.add(id)
  }
  for (const kind of kindsOfSchools) {
    if (counts[kind].archived === 0) continue
    for await (const { before } of archivesOf(kind)) {
      const { schools, roles } = keysOf(kind, before)
      for (const school of schools) addOne(bySchool[kind], school)
      for (const role of roles) addOne(byRole, role)
    }
  }
  return { schoolIds, bySchool, byRole }
}

/** What a run has staged, in kind order, then id. Holds one page of contents. */
export async function* stagedChanges(
  storage: RosterStorage,
  query: Omit<ChangeQuery, "after" | "limit">,
): AsyncGenerator<LoggedChange> {
  let after: ChangeQuery["after"]
  for (;;) {
    const page = await storage.listChanges({ ...query, after, limit: pageSize })
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = { kind: last.kind, id: last.id }
  }
}

/** The schools of a record's content, and the roles where it is a person. */
export function keysOf(kind: Kind, data: string | null): Pick<RecordKeys, "schools" | "roles"> {
  return data === null ? { schools: [], roles: [] } : recordKeys(kind, JSON.parse(data) as RosterRecord)
}

function addOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

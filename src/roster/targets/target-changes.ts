import { type Enrolment, enrolmentChanges, type RosterRecord, type Section } from "../../models/index.ts"
import type { Kind } from "../../models/kinds.ts"
import { mergeOverrides } from "../../models/overrides.ts"
import type { FieldOverride, LoggedChange, RosterStorage } from "../../storage/contract.ts"
import type { TargetChange } from "./target.ts"

/** A change of the log, and where it stands. */
export interface PlacedChange {
  readonly logged: LoggedChange
  readonly changeId: string
  readonly version: number
  readonly runId: string | null
}

/** What a change has as parsed contents: `after` is never absent, an archived record keeps what it had. */
interface Contents {
  before: RosterRecord | null
  after: RosterRecord
}

const overridesPerPage = 1_000

/** The changes, of one kind, as a target gets them: with the app's own values (S19) over what Clever said. */
export async function toTargetChanges(
  storage: RosterStorage,
  districtId: string,
  changes: readonly PlacedChange[],
): Promise<TargetChange[]> {
  const overrides = await overridesOf(storage, districtId, changes)
  return changes.map((placed) => {
    const { logged, changeId, version, runId } = placed
    const { kind, id, action } = logged
    const { before, after } = contentsOf(logged, overrides.get(id) ?? [])
    const people = kind === "section" ? peopleOf(logged, before, after) : nobody
    // Kind and contents belong together: both are one record's.
    return {
      changeId,
      districtId,
      kind,
      id,
      action,
      version,
      runId,
      before,
      after,
      ...people,
    } as TargetChange
  })
}

/** What decides on a change's turn: an archived record as the target has it still, any other as it becomes. */
export function atTarget({ action, before, after }: LoggedChange): RosterRecord {
  return JSON.parse((action === "archive" ? before : after) ?? "{}") as RosterRecord
}

function contentsOf(logged: LoggedChange, overrides: readonly FieldOverride[]): Contents {
  const merged = (record: RosterRecord) => mergeOverrides(record, overrides)
  const before = logged.before === null ? null : merged(JSON.parse(logged.before) as RosterRecord)
  return { before, after: merged(JSON.parse(logged.after ?? logged.before ?? "{}") as RosterRecord) }
}

const nobody = { joined: [] as Enrolment[], left: [] as Enrolment[] }

function peopleOf(
  { action }: LoggedChange,
  before: RosterRecord | null,
  after: RosterRecord,
): { joined: Enrolment[]; left: Enrolment[] } {
  // Nobody is in an archived section.
  return enrolmentChanges(
    action === "restore" ? null : (before as Section | null),
    action === "archive" ? null : (after as Section),
  )
}

async function overridesOf(
  storage: RosterStorage,
  districtId: string,
  changes: readonly PlacedChange[],
): Promise<Map<string, FieldOverride[]>> {
  const byId = new Map<string, FieldOverride[]>()
  const kind: Kind | undefined = changes[0]?.logged.kind
  if (kind === undefined) return byId
  // Most districts have none: one look tells.
  const [any] = await storage.listOverrides({ districtId, kind, limit: 1 })
  if (any === undefined) return byId
  const ids = changes.map(({ logged }) => logged.id)
  let after: { id: string; path: string } | undefined
  for (;;) {
    const page = await storage.listOverrides({ districtId, kind, ids, after, limit: overridesPerPage })
    for (const override of page) {
      const known = byId.get(override.id)
      if (known === undefined) byId.set(override.id, [override])
      else known.push(override)
    }
    const last = page.at(-1)
    if (last === undefined) return byId
    after = { id: last.id, path: last.path }
  }
}

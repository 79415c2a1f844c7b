import { type Kind, kinds } from "../../models/kinds.ts"
import type { Hold, RecordFilter } from "../../storage/contract.ts"
import { type ArchiveTally, type KindOfSchool, kindsOfSchools, tallyArchives } from "./archive-tally.ts"
import {
  type ArchivedPart,
  archivedShare,
  enoughToDecide,
  exceededShare,
  mayExceed,
} from "./archived-share.ts"
import { findEmptied } from "./find-emptied.ts"
import type { GuardFindings, GuardRequest } from "./guard-request.ts"
import { type RecentArchives, recentArchives } from "./recent-archives.ts"
import { type Thresholds, thresholdsFor } from "./thresholds.ts"

/** What the looks at a run's archives share. */
interface ArchiveLook {
  readonly request: GuardRequest
  readonly tally: ArchiveTally
  readonly recent: RecentArchives
  readonly holds: Hold[]
  readonly passed: Hold[]
}

/**
 * Looks at what a run archives (S15): too large a share of a kind, of a role, or of one school's people or sections;
 * a kind or a role that ends up empty; a school that goes. Shares are taken together with those of the last day.
 *
 * What contains another is not told twice: not the schools and roles of a kind that ends up empty, nor the shares of
 * a school that goes. Reads each archived content once, and of each school and role no more entries than decide.
 */
export async function archivedHolds(request: GuardRequest): Promise<GuardFindings> {
  const { storage, run, counts, nowMs } = request
  const tally = await tallyArchives({ storage, runId: run.id, counts })
  const recent = await recentArchives({ storage, districtId: run.districtId, nowMs })
  const look: ArchiveLook = { request, tally, recent, holds: [], passed: [] }
  for (const kind of kinds) lookAtKind(look, kind)

  const goneSchools = new Set(tally.schoolIds)
  if (!isEmptied(request, "school")) holdSchools(look, "school", tally.schoolIds)
  if (!isEmptied(request, "user")) await lookAtPeople(look, goneSchools)
  if (!isEmptied(request, "section")) await lookAtSections(look, goneSchools)

  const archivedBySchool: GuardFindings["archivedBySchool"] = {}
  for (const kind of kindsOfSchools) {
    if (tally.bySchool[kind].size > 0) archivedBySchool[kind] = Object.fromEntries(tally.bySchool[kind])
  }
  return {
    holds: look.holds,
    passed: look.passed,
    archivedBySchool,
    archivedByRole: Object.fromEntries(tally.byRole),
  }
}

function lookAtKind({ request, recent, holds, passed }: ArchiveLook, kind: Kind): void {
  const { archived } = request.counts[kind]
  if (archived === 0) return
  const thresholds = thresholdsFor(request.settings, kind, request.nowMs)
  if (isEmptied(request, kind)) {
    if (!thresholds.mayEmpty) holds.push(emptiedHold(kind))
    return
  }
  const part = { archived, recent: recent.of(kind) }
  const measured = archivedShare(part, activeOf(request, kind), thresholds)
  if (measured === undefined) return
  const list = measured > thresholds.archivedShare ? holds : passed
  list.push(shareHold({ kind, measured, thresholds }))
}

/** Roles and schools of people; adds the schools that lose all of theirs to those that are gone. */
async function lookAtPeople(look: ArchiveLook, goneSchools: Set<string>): Promise<void> {
  const { request, tally, recent, holds } = look
  const thresholds = thresholdsFor(request.settings, "user", request.nowMs)
  const { updated } = request.counts.user
  const roles = new Map<string, { part: ArchivedPart; active: number }>()
  const leftInRole = new Map<string, number>()
  for (const [role, archived] of tally.byRole) {
    const part = { archived, recent: recent.ofRole(role) }
    // An update may take a role from somebody who stays: the last teacher may be a member of the staff as well.
    const toEmpty = archived + updated
    const active = await countActive(request, { kind: "user", role }, part, thresholds, toEmpty + 1)
    roles.set(role, { part, active })
    if (active <= toEmpty) leftInRole.set(role, active - archived)
  }
  const schools = new Map<string, { part: ArchivedPart; active: number }>()
  const leftAlone = new Set<string>()
  for (const [schoolId, archived] of tally.bySchool.user) {
    if (goneSchools.has(schoolId)) continue
    const part = { archived, recent: recent.ofSchool("user", schoolId) }
    const active = await countActive(request, { kind: "user", schoolId }, part, thresholds, archived + 1)
    schools.set(schoolId, { part, active })
    if (active <= archived) leftAlone.add(schoolId)
  }

  const emptied = await findEmptied({
    storage: request.storage,
    run: request.run,
    counts: request.counts.user,
    schools: leftAlone,
    roles: leftInRole,
  })
  holdSchools(look, "user", emptied.schools)
  for (const schoolId of emptied.schools) goneSchools.add(schoolId)
  for (const [role, { part, active }] of roles) {
    if (emptied.roles.has(role)) {
      if (!thresholds.mayEmpty) holds.push({ ...emptiedHold("user"), role })
      continue
    }
    const measured = exceededShare(part, active, thresholds)
    if (measured !== undefined) holds.push({ ...shareHold({ kind: "user", measured, thresholds }), role })
  }
  for (const [schoolId, { part, active }] of schools) {
    if (goneSchools.has(schoolId)) continue
    const measured = exceededShare(part, active, thresholds)
    if (measured !== undefined) holds.push(shareHold({ kind: "user", schoolId, measured, thresholds }))
  }
}

async function lookAtSections(
  { request, tally, recent, holds }: ArchiveLook,
  goneSchools: ReadonlySet<string>,
): Promise<void> {
  const kind: KindOfSchool = "section"
  const thresholds = thresholdsFor(request.settings, kind, request.nowMs)
  for (const [schoolId, archived] of tally.bySchool[kind]) {
    const part = { archived, recent: recent.ofSchool(kind, schoolId) }
    if (goneSchools.has(schoolId) || !mayExceed(part, thresholds)) continue
    const active = await countActive(request, { kind, schoolId }, part, thresholds, 0)
    const measured = exceededShare(part, active, thresholds)
    if (measured !== undefined) holds.push(shareHold({ kind, schoolId, measured, thresholds }))
  }
}

/** How many active records fit, this run's archives included; no more are looked for than decide. */
function countActive(
  { storage, run }: GuardRequest,
  filter: RecordFilter,
  part: ArchivedPart,
  thresholds: Thresholds,
  atLeast: number,
): Promise<number> {
  const enough = mayExceed(part, thresholds) ? enoughToDecide(part, thresholds) : 0
  const limit = enough === undefined ? undefined : Math.max(enough, atLeast)
  return storage.countRecords({ districtId: run.districtId, filter, limit })
}

/** True if the kind had records and the run leaves none. */
function isEmptied(request: GuardRequest, kind: Kind): boolean {
  const { archived, created, restored } = request.counts[kind]
  return archived > 0 && activeOf(request, kind) - archived + created + restored <= 0
}

function activeOf({ head }: GuardRequest, kind: Kind): number {
  return head.counts[kind]?.active ?? 0
}

function holdSchools(
  { request, holds }: ArchiveLook,
  kind: "school" | "user",
  schoolIds: Iterable<string>,
): void {
  if (thresholdsFor(request.settings, "school", request.nowMs).maySchoolsGo) return
  for (const schoolId of schoolIds) {
    holds.push({ code: "school-vanished", kind, schoolId, measured: 0, limit: 1 })
  }
}

function emptiedHold(kind: Kind): Hold {
  return { code: "kind-emptied", kind, schoolId: null, measured: 0, limit: 1 }
}

function shareHold(found: { kind: Kind; schoolId?: string; measured: number; thresholds: Thresholds }): Hold {
  const { kind, schoolId = null, measured, thresholds } = found
  return { code: "archived-ratio", kind, schoolId, measured, limit: thresholds.archivedShare }
}

import type { Role, User } from "../../models/index.ts"
import type { RecordState, RosterStorage, StoredRecord } from "../../storage/contract.ts"
import { maxCandidates } from "./free-accounts.ts"
import type { RosterField } from "./match-fields.ts"
import { fieldOf } from "./match-subject.ts"
import { reviewId } from "./review.ts"
import type { ReviewBook } from "./review-book.ts"
import { type CommitRange, changedRecords } from "./subject-reader.ts"

/** Where each role has the id that the district's own system gave. */
const districtIds: readonly (readonly [Role, RosterField])[] = [
  ["student", "sis_id"],
  ["teacher", "sis_id"],
  ["staff", "staff_id"],
  ["contact", "sis_id"],
]

/** Of people with one `sis_id` no more are looked at. */
const maxNamesakes = 100

/** What a person may be known by again: an id of the district's in a role. */
interface DistrictId {
  role: Role
  field: RosterField
  value: string
}

/**
 * Reports whoever came into the roster with a new Clever id, and has the `sis_id` (of staff the `staff_id`) that
 * somebody archived has in the same role (S27): Clever may have issued the id anew. Also when the former record is
 * archived only by a later commit, since Clever creates before it deletes. Merges nobody.
 *
 * Looks up the created, restored and archived people of the commits, one page of them at a time. Returns how many were
 * reported anew.
 */
export async function reportReissued(range: CommitRange, reviews: ReviewBook): Promise<number> {
  const { storage, districtId } = range
  const { counts } = await storage.getDistrict(districtId)
  if ((counts.user?.archived ?? 0) === 0) return 0
  let reported = 0
  for await (const page of changedRecords(range, "user", ["create", "restore", "archive"])) {
    for (const record of page.records) {
      const action = page.actions.get(record.id)
      if (record.state === "archived" && action === "archive") {
        reported += await reportSuccessors(range, reviews, record)
      } else if (record.state === "active" && action !== "archive") {
        // Before the first commit nobody was archived; who is since, is looked at with the commit that did it.
        const isWorthALook =
          page.version > 1 && (action === "create" || (await isReported(reviews, districtId, record)))
        if (isWorthALook) reported += await reportFormer(range, reviews, record)
      }
    }
  }
  return reported
}

/** Of somebody new: the archived people whom they may have been. */
async function reportFormer(range: CommitRange, reviews: ReviewBook, record: StoredRecord): Promise<number> {
  const user = JSON.parse(record.data) as User
  let first: DistrictId | undefined
  const former = new Set<string>()
  for (const known of districtIdsOf(user)) {
    for (const { id } of await namesakes(range, known, "archived")) {
      if (id === record.id) continue
      first ??= known
      former.add(id)
    }
  }
  return first === undefined ? 0 : file(range, reviews, { id: record.id, known: first, former: [...former] })
}

/** Of somebody archived: the active people whose record is younger, or may be. */
async function reportSuccessors(
  range: CommitRange,
  reviews: ReviewBook,
  record: StoredRecord,
): Promise<number> {
  const user = JSON.parse(record.data) as User
  let reported = 0
  for (const known of districtIdsOf(user)) {
    for (const other of await namesakes(range, known, "active")) {
      const created = Date.parse((JSON.parse(other.data) as User).created ?? "")
      // Where one of the times is missing, as in a scope that does not keep it, somebody has to say so.
      if (created <= Date.parse(user.created ?? "")) continue
      // All of the archived: the review names them together.
      const former = (await namesakes(range, known, "archived")).map(({ id }) => id)
      reported += await file(range, reviews, { id: other.id, known, former })
    }
  }
  return reported
}

async function file(
  { districtId }: CommitRange,
  reviews: ReviewBook,
  found: { id: string; known: DistrictId; former: readonly string[] },
): Promise<number> {
  const { id: cleverId, known, former } = found
  const { role, field } = known
  const wasOpened = await reviews.file({
    districtId,
    type: "reissued",
    cleverId,
    reason: "possibly-reissued",
    role,
    field,
    candidates: former,
  })
  return wasOpened ? 1 : 0
}

async function isReported(reviews: ReviewBook, districtId: string, { id }: StoredRecord): Promise<boolean> {
  return (await reviews.get(reviewId(districtId, "reissued", id))) !== undefined
}

/** Whoever has the id in the same role. */
async function namesakes(
  { storage, districtId }: { storage: RosterStorage; districtId: string },
  { role, field, value }: DistrictId,
  state: RecordState,
): Promise<StoredRecord[]> {
  const filter = { kind: "user", sisId: value } as const
  const records = await storage.findRecords({ districtId, filter, state, limit: maxNamesakes })
  return records
    .filter(({ data }) => fieldOf(JSON.parse(data) as User, role, field) === value)
    .slice(0, maxCandidates)
}

function districtIdsOf(user: User): DistrictId[] {
  return districtIds.flatMap(([role, field]) => {
    const value = fieldOf(user, role, field)
    return value === undefined ? [] : [{ role, field, value }]
  })
}

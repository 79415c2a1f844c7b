import { type Role, roles } from "../../models/index.ts"

/** One account that the app has already, with what it may be matched by. Values are compared exactly. */
export interface AccountEntry {
  /** The app's own id of the account. */
  readonly accountId: string
  /** Whether it is a person's (the default) or a school of the app. */
  readonly kind?: "user" | "school" | null | undefined
  /** Entries of other districts are left out. Absent: it is of the district that was asked for. */
  readonly districtId?: string | null | undefined
  /** The person's role; absent: any. */
  readonly role?: Role | null | undefined
  /** The id at Clever, if the app knows it, of whatever API version. */
  readonly cleverId?: string | null | undefined
  /** Further ids at Clever, as of API v2. */
  readonly legacyIds?: readonly string[] | null | undefined
  readonly sisId?: string | null | undefined
  readonly studentNumber?: string | null | undefined
  readonly teacherNumber?: string | null | undefined
  readonly staffId?: string | null | undefined
  readonly stateId?: string | null | undefined
  /** Compared without regard to case, and only with `matchEmail`. */
  readonly email?: string | null | undefined
  /** Of a school. */
  readonly mdrNumber?: string | null | undefined
  readonly ncesId?: string | null | undefined
  /** Where it stands in a file, for reports. */
  readonly line?: number | undefined
}

/** An entry that a source could not make an account of. */
export interface UnusableEntry {
  readonly unusable: AccountProblemReason
  readonly line: number
  /**
   * Texts of the entry of which it can't be told what they are: nobody is matched by one of them, in whatever field.
   * Default: none.
   */
  readonly texts?: readonly string[] | undefined
}

/** Where the accounts come from that the app has already. */
export interface AccountSource {
  /** All accounts of a district, in any order. Called once for each matching of a whole district. */
  list(query: {
    readonly districtId: string
    readonly signal?: AbortSignal | undefined
  }): AsyncIterable<AccountEntry | UnusableEntry>
}

export type AccountProblemReason =
  /** More or fewer cells than the header. */
  | "cell-count"
  | "account-id-missing"
  /** The account id stands in an earlier entry, too: neither is matched. */
  | "account-id-repeated"
  | "kind-unknown"
  | "role-unknown"
  /** A field that is no text, or an account id that is none in Unicode. */
  | "not-text"

/** An entry that takes no part in the matching. */
export interface AccountProblem {
  readonly reason: AccountProblemReason
  /** Which entry of the list, from 1. */
  readonly entry: number
  /** Where it stands in the file; null if it is of none. */
  readonly line: number | null
  /** The field at fault; null if it is the whole. */
  readonly field: string | null
}

const entryTexts = [
  "districtId",
  "cleverId",
  "sisId",
  "studentNumber",
  "teacherNumber",
  "staffId",
  "stateId",
  "email",
  "mdrNumber",
  "ncesId",
] as const satisfies readonly (keyof AccountEntry)[]

/** What is wrong with an entry; undefined if nothing. Apps in plain JavaScript have no types to keep to. */
export function findProblem(
  entry: AccountEntry,
): { reason: AccountProblemReason; field: string | null } | undefined {
  const { accountId, kind, role, legacyIds } = entry
  if (typeof accountId !== "string" || accountId === "") {
    return { reason: "account-id-missing", field: "accountId" }
  }
  if (kind && kind !== "user" && kind !== "school") return { reason: "kind-unknown", field: "kind" }
  if (role && !roles.includes(role)) return { reason: "role-unknown", field: "role" }
  if (/\p{Cs}/u.test(accountId)) return { reason: "not-text", field: "accountId" }
  const wrong = entryTexts.find((field) => entry[field] && typeof entry[field] !== "string")
  if (wrong !== undefined) return { reason: "not-text", field: wrong }
  const isList = Array.isArray(legacyIds) && legacyIds.every((id) => typeof id === "string")
  return !legacyIds || isList ? undefined : { reason: "not-text", field: "legacyIds" }
}

import type { ErrorCode } from "../../errors/index.ts"
import type { Role } from "../../models/index.ts"
import type { MatchField, UserSyncResult } from "../../roster/index.ts"
import type { AccountLink, ConnectionState, StoredRecord } from "../../storage/contract.ts"

/** How the roles of a login differ from those of the last import. What to make of it is the app's decision. */
export interface RoleDiff {
  /** Roles that the roster does not have yet. */
  readonly added: readonly Role[]
  /** Roles that only the roster has. */
  readonly removed: readonly Role[]
}

interface Resolved {
  /** What to tell the person. */
  readonly message: string
}

interface Refused<Code extends ErrorCode> extends Resolved {
  /** What to tell a developer: see `docs/errors.md`. */
  readonly code: Code
}

/** The person may come in. */
export interface LinkedLogin extends Resolved {
  readonly outcome: "linked"
  /** The app's account; null if there is none and the roster's record stands for it. */
  readonly accountId: string | null
  /** The person in the roster; null without provisioning. */
  readonly record: StoredRecord | null
  readonly link: AccountLink | null
  /** The person's roles that the app admits. */
  readonly roles: readonly Role[]
  /** Only where there is a difference. */
  readonly roleDiff?: RoleDiff
}

/** Clever knows the person and the app does not. */
export interface NotSyncedLogin extends Refused<"LOGIN_NOT_SYNCED"> {
  readonly outcome: "not-synced"
  /** What became of asking Clever for the person; null if nobody asked. */
  readonly refresh: RefreshState | null
}

/** The roster has the person, archived. */
export interface ArchivedLogin extends Refused<"LOGIN_ARCHIVED"> {
  readonly outcome: "archived"
  readonly record: StoredRecord
  readonly refresh: RefreshState | null
}

/** Several accounts fit; none was chosen. */
export interface AmbiguousLogin extends Refused<"LOGIN_AMBIGUOUS"> {
  readonly outcome: "ambiguous"
  /** Ids of the accounts, at most 20. */
  readonly candidates: readonly string[]
  /** What they were found by; null if not by a field. */
  readonly field: MatchField | null
  /** `LINK_CONFLICT` if accounts are linked already in a way that can't be right for this person. */
  readonly detail: "LINK_CONFLICT" | null
  readonly record: StoredRecord | null
}

/** None of the person's roles is admitted. */
export interface RoleNotAllowedLogin extends Refused<"LOGIN_ROLE_NOT_ALLOWED"> {
  readonly outcome: "role-not-allowed"
  readonly roles: readonly Role[]
}

/** The person's district has no active connection; or the login came through the Library, which the app does not take. */
export interface DistrictNotConnectedLogin extends Refused<"LOGIN_DISTRICT_NOT_CONNECTED"> {
  readonly outcome: "district-not-connected"
  readonly districtId: string | null
  /** Null if there is no connection at all. */
  readonly connectionState: ConnectionState | null
}

/** What a login came to. */
export type LoginResolution =
  | LinkedLogin
  | NotSyncedLogin
  | ArchivedLogin
  | AmbiguousLogin
  | RoleNotAllowedLogin
  | DistrictNotConnectedLogin

export type LoginOutcome = LoginResolution["outcome"]

/** As `RosterSync.syncUser` answers; `failed` with the error's code if it could not. */
export type RefreshState =
  | { readonly state: UserSyncResult["state"] }
  | { readonly state: "failed"; readonly code: ErrorCode }

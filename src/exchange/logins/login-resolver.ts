import { HomeroomError, isHomeroomError } from "../../errors/index.ts"
import { type Role, roles, type User } from "../../models/index.ts"
import {
  type AccountMatch,
  freeAccounts,
  maxCandidates,
  type SyncUserOptions,
  type UserSyncResult,
} from "../../roster/index.ts"
import {
  districtSubject,
  englishMessages,
  type LoginMessages,
  type ResolvedLogin,
  userSubject,
} from "../../sso/index.ts"
import type { AccountLink, Connection, LinkKey, RosterStorage, StoredRecord } from "../../storage/contract.ts"
import { admitsLogins } from "../connection-states.ts"
import type { AppAccounts, LoginIdentity } from "./app-accounts.ts"
import { type LinkAccountRequest, LinkBook } from "./link-book.ts"
import { type LinkPolicy, matchByPolicy } from "./link-policy.ts"
import { type AccountAuditEvent, auditTo } from "./login-audit.ts"
import { loginStanding, matchLogin, noStanding } from "./login-match.ts"
import type {
  AmbiguousLogin,
  LinkedLogin,
  LoginOutcome,
  LoginResolution,
  RefreshState,
} from "./login-resolution.ts"
import { type RehearsedLogin, type RehearsedPerson, rehearsedIdentity, withoutWrites } from "./rehearsal.ts"
import { defaultSessionMaxMs, type LoginErasure, SessionControl } from "./session-control.ts"

/** What brings one person into the roster: a `RosterSync` does. */
export interface UserRefresher {
  syncUser(options: SyncUserOptions): Promise<UserSyncResult>
}

export interface LoginResolverOptions {
  storage: RosterStorage
  /** The accounts that the app has already. Default: none, and links alone decide, and the roster's records. */
  accounts?: AppAccounts | undefined
  /** Who may log in. Default: every role. */
  allowedRoles?: readonly Role[] | undefined
  /**
   * Whether logins through the Clever Library are taken, which no district stands behind: by their links and the app's
   * accounts alone. Default true, as for `CleverSsoClient`.
   */
  library?: boolean | undefined
  /** Whether the e-mail addresses of the roster may match people with accounts (S26). Default false. */
  matchEmail?: boolean | undefined
  /** Whether a login's own e-mail address may. Default `never`. */
  linkPolicy?: LinkPolicy | undefined
  /**
   * Asks Clever for somebody who is not in the roster, or archived there, at the login itself. Off when absent.
   * `timeoutMs`, 5,000 by default, is how long the login waits for it.
   */
  refresh?: { roster: UserRefresher; timeoutMs?: number | undefined } | undefined
  /** Texts that replace the English ones: those of `CleverSsoClient`. Default: {@link englishMessages}. */
  messages?: Partial<LoginMessages> | undefined
  /** How long a session can last at most, in milliseconds: revocations are kept that long. Default 30 days. */
  sessionMaxMs?: number | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** Told of every link, removal, revocation and erasure once it is done. What it throws is ignored. */
  onAudit?: ((event: AccountAuditEvent) => void) | undefined
}

const messageNames = {
  linked: "loggedIn",
  "not-synced": "notSynced",
  archived: "archived",
  ambiguous: "ambiguous",
  "role-not-allowed": "roleNotAllowed",
  "district-not-connected": "districtNotConnected",
} as const satisfies Record<LoginOutcome, keyof LoginMessages>

const defaultRefreshMs = 5_000

/**
 * Joins a login to the roster and to the app's accounts, and keeps the links between them.
 *
 * The key is issuer and Clever id. Nothing else links anybody unless it is unambiguous, and nothing that Clever does
 * not vouch for does by default. No login creates, changes or archives anybody in the roster, but for the refresh that
 * an app asks for. Every method rejects with `STORAGE_…` codes.
 */
export class LoginResolver {
  readonly #storage: RosterStorage
  readonly #options: LoginResolverOptions
  readonly #clock: () => number
  readonly #allowed: ReadonlySet<Role>
  readonly #links: LinkBook
  readonly #sessions: SessionControl

  constructor(options: LoginResolverOptions) {
    this.#storage = options.storage
    this.#options = options
    this.#clock = options.clock ?? Date.now
    this.#allowed = new Set(options.allowedRoles ?? roles)
    const { storage, sessionMaxMs = defaultSessionMaxMs } = options
    const shared = { storage, clock: this.#clock, audit: auditTo(options.onAudit) }
    this.#links = new LinkBook(shared)
    this.#sessions = new SessionControl({ ...shared, sessionMaxMs })
  }

  /**
   * Who of the app this is. An outcome other than `linked` is a result, not an error: it has a message for the
   * person and a code for a developer. Rejects with `STORAGE_…` codes, with what the app's own functions throw, and
   * with `LINK_PROOF_INVALID` if its link policy answers with a proof that proves nothing.
   */
  async resolveLogin(identity: LoginIdentity): Promise<LoginResolution> {
    await this.#storage.open()
    const own = rolesOf(identity.roles)
    const admitted = own.filter((role) => this.#allowed.has(role))
    if (admitted.length === 0) {
      return { ...this.#told("role-not-allowed"), code: "LOGIN_ROLE_NOT_ALLOWED", roles: own }
    }
    const isLibrary = identity.authorizedBy === "teacher"
    const claimed = isLibrary ? null : identity.districtId
    if (isLibrary ? this.#options.library === false : claimed === null) return this.#notConnected(claimed)
    let connection = await this.#connectionOf(claimed)
    if (!isLibrary && !admits(connection)) return this.#notConnected(claimed, connection)

    const known = await this.#links.find(identity, claimed)
    if (known.state === "conflict") {
      const candidates = [...new Set(known.links.map(({ accountId }) => accountId))]
      return this.#ambiguous({ candidates, field: null, detail: "LINK_CONFLICT" }, null)
    }
    const link = known.state === "linked" ? known.link : null
    // Whoever a district has brought stays the district's: the Library is no way around its end or its archive.
    const districtId = claimed ?? link?.districtId ?? null
    if (districtId !== null && claimed === null) {
      connection = await this.#connectionOf(districtId)
      if (!admits(connection)) return this.#notConnected(districtId, connection)
    }
    if (districtId !== null && connection?.mode === "sso+provisioning") {
      return this.#resolveProvisioned(identity, { districtId, link, admitted, own })
    }
    return this.#resolveUnprovisioned(identity, { districtId, link, admitted })
  }

  /**
   * What a login of somebody through their district would come to now, from what the roster keeps of them; for whoever
   * helps them. Links nobody, asks Clever for nothing and writes nothing, but asks the app's accounts; a link policy of
   * the app's own is left out. Rejects with `STORAGE_…` codes, and with what the app's functions throw.
   */
  async rehearse(person: RehearsedPerson): Promise<RehearsedLogin> {
    await this.#storage.open()
    const { districtId, cleverId } = person
    const record = await this.#recordOf(districtId, cleverId)
    const identity = rehearsedIdentity(person, record && (JSON.parse(record.data) as User))
    const { refresh: _, onAudit: __, linkPolicy, ...options } = this.#options
    const policy = typeof linkPolicy === "string" ? { linkPolicy } : {}
    const resolver = new LoginResolver({ ...options, ...policy, storage: withoutWrites(this.#storage) })
    const connection = await this.#connectionOf(districtId)
    const isByRoster = connection?.mode === "sso+provisioning" || !admits(connection)
    if (record !== undefined || isByRoster) return resolver.resolveLogin(identity)
    const { state } = await resolver.#links.find(identity, districtId)
    return state === "none" ? { outcome: "at-login" } : resolver.resolveLogin(identity)
  }

  /**
   * For the doors' hook `resolve`: `cleverLogin({ sso, resolve: logins.admit })`. Lets in whoever is linked, as that
   * account. For everybody else rejects with the code of their outcome, such as `LOGIN_NOT_SYNCED`, of which the door
   * makes a page; otherwise as {@link resolveLogin} does.
   */
  readonly admit: (login: { readonly identity: LoginIdentity }) => Promise<ResolvedLogin> = async ({
    identity,
  }) => {
    const resolution = await this.resolveLogin(identity)
    if (resolution.outcome === "linked") return { accountId: resolution.accountId }
    throw new HomeroomError(resolution.code, { details: { outcome: resolution.outcome } })
  }

  /**
   * Links an identity to an account, because somebody has proven that both are theirs. An account that is linked to
   * another identity is refused unless `shared`. Rejects with `LINK_PROOF_INVALID`, and with `LINK_CONFLICT` if the
   * identity, or an older id of it, is linked to another account.
   */
  async linkAccount(request: LinkAccountRequest): Promise<AccountLink> {
    await this.#storage.open()
    return this.#links.link(request)
  }

  /** Removes the link of an identity and ends its sessions; false if there is none. `by` says who did it. */
  async unlinkAccount(request: LinkKey & { by: string }): Promise<boolean> {
    await this.#storage.open()
    if (!(await this.#links.unlink(request))) return false
    await this.#sessions.raise(userSubject(request))
    return true
  }

  /** Ends all sessions of a person, those that only a browser holds included; returns the person's new epoch. */
  async revokeUserSessions(person: LinkKey): Promise<number> {
    await this.#storage.open()
    return this.#sessions.revoke(userSubject(person))
  }

  /** The same of everybody in a district. */
  async revokeDistrictSessions(districtId: string): Promise<number> {
    await this.#storage.open()
    return this.#sessions.revoke(districtSubject(districtId))
  }

  /**
   * Erases what sign-in holds of a person: links, one-time keys, and with them every session (R55). What is left is
   * the epoch that keeps those sessions ended, for as long as they could last.
   */
  async forgetUser(person: LinkKey & { legacyIds?: readonly string[] | undefined }): Promise<LoginErasure> {
    await this.#storage.open()
    return this.#sessions.forgetUser(person)
  }

  /** The same of everybody in a district. The roster is another matter. */
  async forgetDistrict(districtId: string): Promise<LoginErasure> {
    await this.#storage.open()
    return this.#sessions.forgetDistrict(districtId)
  }

  /** With provisioning the roster decides who may come in, and a link says whose account it is. */
  async #resolveProvisioned(
    identity: LoginIdentity,
    known: { districtId: string; link: AccountLink | null; admitted: Role[]; own: Role[] },
  ): Promise<LoginResolution> {
    const { districtId, admitted } = known
    let record = await this.#recordOf(districtId, identity.cleverId)
    let refresh: RefreshState | null = null
    const { refresh: refresher } = this.#options
    if (record?.state !== "active" && refresher !== undefined) {
      refresh = await this.#refresh(refresher, { districtId, id: identity.cleverId })
      if (refresh.state === "applied") record = await this.#recordOf(districtId, identity.cleverId)
    }
    if (record === undefined) {
      return { ...this.#told("not-synced"), code: "LOGIN_NOT_SYNCED", refresh }
    }
    if (record.state !== "active") {
      return { ...this.#told("archived"), code: "LOGIN_ARCHIVED", record, refresh }
    }
    const user = JSON.parse(record.data) as User
    const roleDiff = diffRoles(known.own, rolesOf(user.roles ?? {}))
    const rest = { record, roles: admitted, ...(roleDiff === undefined ? {} : { roleDiff }) }
    if (known.link !== null) return this.#linked({ ...rest, link: known.link })
    const { accounts, matchEmail = false } = this.#options
    const storage = this.#storage
    const { issuer, cleverId } = identity
    const standing = await loginStanding(storage, { issuer, cleverId, districtId })
    if (standing.undecided.length > 0) {
      return this.#ambiguous({ candidates: standing.undecided, field: null, detail: null }, record)
    }
    let match: AccountMatch = { state: "none" }
    if (accounts?.findBy !== undefined) {
      const findBy = accounts.findBy.bind(accounts)
      match = await matchLogin({ storage, findBy, identity, districtId, user, matchEmail, standing })
    }
    if (match.state === "none") match = await this.#matchByPolicy(identity, districtId, standing.apart)
    if (match.state === "ambiguous") return this.#undecided(match, record)
    if (match.state === "none") return this.#linked({ ...rest, link: null })
    const link = await this.#links.claim(identity, { districtId, match })
    // Somebody else was linked to the account meanwhile: it is no candidate any more.
    return this.#linked({ ...rest, link })
  }

  /** Without provisioning the app says whose account it is; nothing is ever created. */
  async #resolveUnprovisioned(
    identity: LoginIdentity,
    known: { districtId: string | null; link: AccountLink | null; admitted: Role[] },
  ): Promise<LoginResolution> {
    const { districtId, admitted } = known
    if (known.link !== null) return this.#linked({ record: null, link: known.link, roles: admitted })
    const found = [...new Set((await this.#options.accounts?.find?.(identity)) ?? [])]
    const candidates = await freeAccounts(this.#storage, identity, found)
    const [accountId] = candidates
    let match: AccountMatch = { state: "none" }
    if (found.length > 1)
      match = {
        state: "ambiguous",
        candidates: found.slice(0, maxCandidates),
        role: null,
        field: null,
        reason: "several-accounts",
      }
    else if (accountId !== undefined) match = { state: "unique", accountId, role: null, field: null }
    else if (found.length > 0) return this.#taken(found)
    else match = await this.#matchByPolicy(identity, districtId, noStanding.apart)
    if (match.state === "none") {
      return { ...this.#told("not-synced"), code: "LOGIN_NOT_SYNCED", refresh: null }
    }
    if (match.state === "ambiguous") return this.#undecided(match, null)
    const link = await this.#links.claim(identity, { districtId, match })
    return link === null
      ? this.#taken([match.accountId])
      : this.#linked({ record: null, link, roles: admitted })
  }

  async #matchByPolicy(
    identity: LoginIdentity,
    districtId: string | null,
    apart: ReadonlySet<string>,
  ): Promise<AccountMatch> {
    const { accounts, linkPolicy = "never" } = this.#options
    if (accounts === undefined) return { state: "none" }
    const storage = this.#storage
    return matchByPolicy({
      storage,
      policy: linkPolicy,
      accounts,
      identity,
      districtId,
      apart,
      nowMs: this.#clock(),
    })
  }

  async #refresh(
    { roster, timeoutMs = defaultRefreshMs }: NonNullable<LoginResolverOptions["refresh"]>,
    { districtId, id }: { districtId: string; id: string },
  ): Promise<RefreshState> {
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const { state } = await roster.syncUser({ districtId, id, by: "login", signal })
      return { state }
    } catch (error) {
      // The login can do without: the answer is that of the roster as it is.
      return { state: "failed", code: isHomeroomError(error) ? error.code : "INTERNAL" }
    }
  }

  async #recordOf(districtId: string, id: string): Promise<StoredRecord | undefined> {
    const [record] = await this.#storage.getRecords({ districtId, kind: "user", ids: [id] })
    return record
  }

  async #connectionOf(districtId: string | null): Promise<Connection | undefined> {
    return districtId === null ? undefined : this.#storage.getConnection(districtId)
  }

  #linked(found: Omit<LinkedLogin, "outcome" | "message" | "accountId">): LinkedLogin {
    return { ...this.#told("linked"), accountId: found.link?.accountId ?? null, ...found }
  }

  #undecided(
    { candidates, field, reason }: Extract<AccountMatch, { state: "ambiguous" }>,
    record: StoredRecord | null,
  ): AmbiguousLogin {
    const detail = reason === "several-ids" ? "LINK_CONFLICT" : null
    return this.#ambiguous({ candidates, field, detail }, record)
  }

  #ambiguous(
    match: Pick<AmbiguousLogin, "candidates" | "field" | "detail">,
    record: StoredRecord | null,
  ): AmbiguousLogin {
    const { candidates, field, detail } = match
    return { ...this.#told("ambiguous"), code: "LOGIN_AMBIGUOUS", candidates, field, detail, record }
  }

  /** The app names an account for the person that is linked to somebody else: no guess. */
  #taken(candidates: readonly string[]): AmbiguousLogin {
    return this.#ambiguous({ candidates, field: null, detail: "LINK_CONFLICT" }, null)
  }

  #notConnected(districtId: string | null, connection?: Connection | undefined): LoginResolution {
    const connectionState = connection?.state ?? null
    const told = this.#told("district-not-connected")
    return { ...told, code: "LOGIN_DISTRICT_NOT_CONNECTED", districtId, connectionState }
  }

  #told<Outcome extends LoginOutcome>(outcome: Outcome): { outcome: Outcome; message: string } {
    const name = messageNames[outcome]
    const { title, text } = this.#options.messages?.[name] ?? englishMessages[name]
    return { outcome, message: `${title}. ${text}` }
  }
}

function admits(connection: Connection | undefined): boolean {
  return connection !== undefined && admitsLogins(connection)
}

/** The roles that somebody has, in Homeroom's order. */
function rolesOf(given: Readonly<Partial<Record<Role, unknown>>>): Role[] {
  return roles.filter((role) => Object.hasOwn(given, role) && given[role] != null)
}

function diffRoles(
  login: readonly Role[],
  roster: readonly Role[],
): { added: Role[]; removed: Role[] } | undefined {
  const added = login.filter((role) => !roster.includes(role))
  const removed = roster.filter((role) => !login.includes(role))
  return added.length + removed.length === 0 ? undefined : { added, removed }
}

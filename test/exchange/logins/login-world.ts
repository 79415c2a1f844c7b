import type {
  AccountAuditEvent,
  AccountQuery,
  AppAccounts,
  LoginIdentity,
  LoginResolution,
  LoginResolverOptions,
} from "../../../src/entries/accounts.ts"
import { LoginResolver } from "../../../src/entries/accounts.ts"
import type { ConnectionMode, ConnectionState } from "../../../src/entries/exchange.ts"
import type { Role, User } from "../../../src/index.ts"
import { RosterWorld, type WorldOptions } from "../../support/roster-world.ts"

export const issuer = "https://clever.com"

/** An account of a made-up app, found by what it holds. */
export interface AppAccount {
  id: string
  districtId?: string
  role?: Role
  fields?: Partial<Record<AccountQuery["field"], string>>
  emailVerified?: boolean
}

/** The accounts of a made-up app, and every question it was asked. */
export class FakeAccounts implements AppAccounts {
  readonly accounts: AppAccount[] = []
  readonly asked: AccountQuery[] = []
  /** What `find` answers. */
  found: string[] = []

  find(_: LoginIdentity): string[] {
    return this.found
  }

  async findBy(query: AccountQuery): Promise<string[]> {
    this.asked.push(query)
    return this.accounts
      .filter((one) => one.districtId === undefined || one.districtId === query.districtId)
      .filter((one) => query.role === null || one.role === undefined || one.role === query.role)
      .filter((one) => one.fields?.[query.field] === query.value)
      .map((one) => one.id)
  }

  findByEmail({ email }: { email: string }): { accountId: string; emailVerified: boolean }[] {
    return this.accounts
      .filter((one) => one.fields?.email === email)
      .map((one) => ({ accountId: one.id, emailVerified: one.emailVerified === true }))
  }
}

/** An imported district with a connection, an app with accounts, and the resolver between them. */
export class LoginWorld {
  readonly roster: RosterWorld
  readonly accounts: FakeAccounts = new FakeAccounts()
  readonly audited: AccountAuditEvent[] = []

  private constructor(roster: RosterWorld) {
    this.roster = roster
  }

  static async start(
    options: WorldOptions & { mode?: ConnectionMode; state?: ConnectionState; imported?: boolean } = {},
  ): Promise<LoginWorld> {
    const { mode = "sso+provisioning", state = "active", imported = true, ...rest } = options
    const world = new LoginWorld(new RosterWorld(rest))
    await world.roster.plain.open()
    if (imported) await world.roster.bulk()
    await world.connect({ mode, state })
    return world
  }

  get storage(): RosterWorld["plain"] {
    return this.roster.plain
  }

  get districtId(): string {
    return this.roster.districtId
  }

  async connect(options: { mode?: ConnectionMode; state?: ConnectionState } = {}): Promise<void> {
    const { mode = "sso+provisioning", state = "active" } = options
    const { districtId } = this
    // A pause follows on having been active.
    const states = state === "paused" ? (["active", "paused"] as const) : [state]
    const steps = states.map((taken) => ({ state: taken, mode, at: "2026-08-01T00:00:00.000Z", by: "test" }))
    await this.storage.saveConnection({ districtId, name: "", mode, state, steps, settings: {} })
  }

  resolver(options: Partial<LoginResolverOptions> = {}): LoginResolver {
    return new LoginResolver({
      storage: this.roster.storage,
      accounts: this.accounts,
      clock: this.roster.now,
      onAudit: (event) => this.audited.push(event),
      ...options,
    })
  }

  resolve(identity: LoginIdentity, options: Partial<LoginResolverOptions> = {}): Promise<LoginResolution> {
    return this.resolver(options).resolveLogin(identity)
  }

  /** All active people of a role, as Clever has them. */
  users(role: Role): User[] {
    const users = this.roster.district.records("user") as unknown as User[]
    return users.filter((user) => Object.hasOwn(user.roles ?? {}, role))
  }

  /** The first person of a role who has a value in each of the fields. */
  someone(role: Role, ...fields: string[]): User {
    const found = this.users(role).find((user) => {
      const held = { email: user.email, ...(user.roles?.[role] as object) } as Record<string, unknown>
      return fields.every((field) => typeof held[field] === "string" && held[field] !== "")
    })
    if (found === undefined) throw new Error(`no ${role} has ${fields.join(", ")}`)
    return found
  }

  /** The app's account of somebody, found by one field of a role. */
  account(id: string, user: User, role: Role, field: AccountQuery["field"]): AppAccount {
    const held = { email: user.email, ...(user.roles?.[role] as object) } as Record<string, unknown>
    const value = held[field]
    const account: AppAccount = { id, districtId: this.districtId, role, fields: { [field]: String(value) } }
    this.accounts.accounts.push(account)
    return account
  }
}

/** Somebody as a login finds them. */
export function identityOf(user: User, fields: Partial<LoginIdentity> = {}): LoginIdentity {
  const roles = user.roles ?? {}
  const legacyIds = Object.values(roles).flatMap((role) => {
    const id = (role as { legacy_id?: unknown } | null)?.legacy_id
    return typeof id === "string" && id !== "" ? [id] : []
  })
  const { first = null, middle = null, last = null } = user.name ?? {}
  return {
    issuer,
    cleverId: user.id,
    legacyIds,
    districtId: user.district,
    authorizedBy: "district",
    roles: Object.fromEntries(Object.entries(roles).filter(([, role]) => role !== null)),
    name: { first, middle, last },
    loginSource: "clever",
    ...fields,
  }
}

/** The same through the Clever Library: no district stands behind it. */
export function libraryIdentity(user: User, fields: Partial<LoginIdentity> = {}): LoginIdentity {
  return identityOf(user, { districtId: null, authorizedBy: "teacher", ...fields })
}

import {
  type AccountEntry,
  AccountMatching,
  type AccountMatchingOptions,
  type AccountSource,
  type MatchAuditEvent,
  type MatchOptions,
  type MatchResult,
  type Review,
  type ReviewQuery,
  type UnusableEntry,
} from "../../../src/entries/accounts.ts"
import type { Role, User } from "../../../src/index.ts"
import type { AccountLink, StoredDocument } from "../../../src/storage/contract.ts"
import { RosterWorld, type WorldOptions } from "../../support/roster-world.ts"

export const issuer = "https://clever.com"

/** What an account's field of a roster field is called. */
export const entryFields = {
  sis_id: "sisId",
  student_number: "studentNumber",
  teacher_number: "teacherNumber",
  staff_id: "staffId",
  state_id: "stateId",
  email: "email",
} as const

/** An imported district, an app with a list of accounts, and the matching between them. */
export class MatchingWorld {
  readonly roster: RosterWorld
  /** The app's accounts, in the order in which they are listed. */
  accounts: (AccountEntry | UnusableEntry)[] = []
  /** How often the app was asked for all of them. */
  listed = 0
  readonly audited: MatchAuditEvent[] = []
  readonly source: AccountSource = {
    list: async function* (this: void) {
      yield* []
    },
  }
  readonly matching: AccountMatching

  private constructor(roster: RosterWorld, options: Partial<AccountMatchingOptions>) {
    this.roster = roster
    const list = async function* (world: MatchingWorld) {
      world.listed++
      yield* world.accounts
    }
    this.source = { list: () => list(this) }
    this.matching = this.another(options)
  }

  static async start(
    options: WorldOptions & { matching?: Partial<AccountMatchingOptions> } = {},
  ): Promise<MatchingWorld> {
    const { matching = {}, ...rest } = options
    const world = new MatchingWorld(new RosterWorld(rest), matching)
    await world.storage.open()
    await world.roster.bulk()
    return world
  }

  get storage(): RosterWorld["plain"] {
    return this.roster.plain
  }

  get districtId(): string {
    return this.roster.districtId
  }

  another(options: Partial<AccountMatchingOptions> = {}): AccountMatching {
    return new AccountMatching({
      storage: this.roster.storage,
      accounts: this.source,
      clock: this.roster.now,
      onAudit: (event) => this.audited.push(event),
      ...options,
    })
  }

  match(options: Partial<MatchOptions> = {}): Promise<MatchResult> {
    return this.matching.match({ districtId: this.districtId, ...options })
  }

  newcomers(options: Partial<MatchOptions> = {}): Promise<MatchResult> {
    return this.matching.matchNewcomers({ districtId: this.districtId, ...options })
  }

  async reviews(query: ReviewQuery = {}): Promise<Review[]> {
    const reviews: Review[] = []
    for await (const review of this.matching.reviews(query)) reviews.push(review)
    return reviews
  }

  /** The one review there is of a state. */
  async review(state: Review["state"] = "open"): Promise<Review> {
    const [review, ...further] = await this.reviews({ state })
    if (review === undefined || further.length > 0)
      throw new Error(`${further.length + 1} reviews are ${state}`)
    return review
  }

  /** Whose account is whose, by Clever id. */
  async links(): Promise<Record<string, string>> {
    const links = await this.storage.listLinks({ limit: 10_000 })
    return Object.fromEntries(links.map(({ cleverId, accountId }) => [cleverId, accountId]))
  }

  /**
   * All that a matching can have written: equal before and after one that changed nothing. How far newcomers were followed
   * is left out, for a match of everyone ends that.
   */
  async written(): Promise<{ links: AccountLink[]; documents: StoredDocument[] }> {
    const links = await this.storage.listLinks({ limit: 10_000 })
    const documents: StoredDocument[] = []
    for (const collection of ["reviews", "school-links"]) {
      documents.push(...(await this.storage.listDocuments({ collection, limit: 10_000 })))
    }
    return { links, documents }
  }

  /** All active people of a role, as Clever has them. */
  users(role: Role): User[] {
    const users = this.roster.district.records("user") as unknown as User[]
    return users.filter((user) => user.roles?.[role])
  }

  /** One person for each of the roles, all of them different people, who has a value in the field. */
  people(wanted: readonly Role[], field = "id"): User[] {
    const chosen: User[] = []
    for (const role of wanted) {
      const found = this.users(role).find(
        (user) => !chosen.some(({ id }) => id === user.id) && (field === "id" || heldBy(user, role, field)),
      )
      if (found === undefined) throw new Error(`there is no further ${role}`)
      chosen.push(found)
    }
    return chosen
  }

  /** People of a role who have a value in each of the fields, and an e-mail address that nobody else has. */
  some(role: Role, ...fields: string[]): User[] {
    const everybody = this.roster.district.records("user") as unknown as User[]
    const emails = everybody.map(({ email }) => email?.toLowerCase())
    return this.users(role).filter((user) =>
      fields.every((field) => {
        const value = heldBy(user, role, field)
        const isShared =
          field === "email" && emails.filter((email) => email === value.toLowerCase()).length > 1
        return value !== "" && !isShared
      }),
    )
  }

  someone(role: Role, ...fields: string[]): User {
    const [found] = this.some(role, ...fields)
    if (found === undefined) throw new Error(`no ${role} has ${fields.join(", ")}`)
    return found
  }

  /** Adds an account that has somebody's value in one field. */
  account(accountId: string, user: User, role: Role, field: keyof typeof entryFields): AccountEntry {
    const entry = { accountId, role, [entryFields[field]]: heldBy(user, role, field) }
    this.accounts.push(entry)
    return entry
  }

  /** Adds somebody who has a value that another has, too. */
  twin(role: Role, field: string, value: string, id?: string): string {
    const record =
      field === "email" ? { email: value, roles: { [role]: {} } } : { roles: { [role]: { [field]: value } } }
    return this.roster.district.add("user", id === undefined ? record : { ...record, id })
  }
}

/** What somebody has in a field of a role; empty if nothing. */
export function heldBy(user: User, role: Role, field: string): string {
  const fields = { ...user.roles?.[role], email: user.email } as Record<string, unknown>
  const value = fields[field]
  return typeof value === "string" ? value : ""
}

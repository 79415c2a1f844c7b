import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type AccountEntry,
  AccountMatching,
  type AccountQuery,
  LoginResolver,
  type Review,
} from "../../../src/entries/accounts.ts"
import type { Role, User } from "../../../src/index.ts"
import { parseRecord } from "../../../src/models/parse-record.ts"
import { recordKeys } from "../../../src/models/record-keys.ts"
import { personMatchers } from "../../../src/roster/matching/match-fields.ts"
import type { AccountLink, RosterStorage, StagedChange } from "../../../src/storage/contract.ts"
import { MemoryStorage } from "../../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../../src/storage/sqlite/index.ts"
import { importChanges } from "../../../src/testing/fixtures.ts"
import { identityOf } from "../../exchange/logins/login-world.ts"
import { interceptStorage } from "../../support/intercepted-storage.ts"
import { temporaryFolder } from "../../support/roster-world.ts"
import { entryFields, heldBy, issuer } from "./matching-world.ts"

const districts = ["district-a", "district-b"]
const peopleCount = 10

const word = fc.constantFrom("1", "2", "3")
const email = fc.constantFrom("x@d.example", "X@D.example", "y@d.example")
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const values = fc.record({ sis_id: maybe(word), student_number: maybe(word), state_id: maybe(word) })

/** What somebody is: few values, so that many have the same. */
const content = fc
  .record({
    email: maybe(email),
    roles: fc.subarray<Role>(["student", "teacher", "staff", "contact"], { minLength: 1 }),
    values,
    number: maybe(word),
    legacy: maybe(word),
  })
  .map(({ email: address, roles, values: { sis_id, student_number, state_id }, number, legacy }) => {
    const legacy_id = legacy === undefined ? undefined : `old-${legacy}`
    const all: Partial<Record<Role, object>> = {
      student: { sis_id, student_number, state_id },
      teacher: { sis_id, teacher_number: number, state_id, legacy_id },
      staff: { staff_id: number, legacy_id },
      contact: { sis_id },
    }
    return { email: address, roles: Object.fromEntries(roles.map((role) => [role, all[role]])) }
  })

const entry: fc.Arbitrary<AccountEntry> = fc
  .record(
    {
      accountId: fc.constantFrom("a1", "a2", "a3", "a4", "a5", "a6", "shared-1", "shared-2"),
      districtId: fc.constantFrom(...districts),
      role: fc.constantFrom<Role>("student", "teacher", "staff"),
      sisId: word,
      studentNumber: word,
      stateId: word,
      teacherNumber: word,
      staffId: word,
      email,
      cleverId: fc.constantFrom("person-0", "person-1", "old-1"),
      legacyIds: fc.constantFrom(["old-1"], ["old-2", "person-2"], []),
    },
    { requiredKeys: ["accountId", "districtId"] },
  )
  .map((one) => ({
    ...one,
    accountId: one.accountId.startsWith("shared") ? one.accountId : `${one.accountId}-${one.districtId}`,
  }))

const person = fc.nat({ max: peopleCount - 1 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("match"), newcomers: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("login"), person }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("decide"), which: fc.nat(), choice: fc.nat({ max: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("change"), person, content }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("archive"), person }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("accounts"), entries: fc.array(entry, { maxLength: 8 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("apart"),
      person,
      accountId: fc.constantFrom("a1-district-a", "a2-district-a", "a1-district-b", "shared-1"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("unlink"), person }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const history = fc.record({
  people: fc.array(content, { minLength: peopleCount, maxLength: peopleCount }),
  accounts: fc.array(entry, { maxLength: 12 }),
  matchEmail: fc.boolean(),
  groups: fc.array(
    fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 4 }), together: fc.boolean() }),
    { minLength: 3, maxLength: 14 },
  ),
  delays: fc.infiniteStream(fc.nat({ max: 6 })),
  olderLinks: fc.subarray(["old-1", "old-2", "old-3"]),
})

/** A small app with two districts, and a log of what people have decided in it. */
class App {
  readonly plain: RosterStorage
  readonly matching: AccountMatching
  readonly logins: LoginResolver
  readonly matchEmail: boolean
  accounts: AccountEntry[]
  /** Everybody as last imported; `undefined` is archived. */
  readonly people = new Map<string, { user: User; active: boolean }>()
  /** Account and person, as somebody said that they do not belong together. */
  readonly apart = new Set<string>()
  /** Links that a person has made, moved or removed since the last look. */
  decided = new Set<string>()
  #runs = 0
  #imports: Promise<unknown> = Promise.resolve()

  constructor(
    plain: RosterStorage,
    options: { accounts: AccountEntry[]; matchEmail: boolean; delay: () => number },
  ) {
    this.plain = plain
    this.accounts = options.accounts
    this.matchEmail = options.matchEmail
    const storage = interceptStorage(plain, {
      beforeCall: async () => {
        for (let tick = options.delay(); tick > 0; tick--) await Promise.resolve()
      },
    })
    const { matchEmail } = options
    const list = async function* (app: App) {
      yield* app.accounts
    }
    this.matching = new AccountMatching({ storage, accounts: { list: () => list(this) }, matchEmail })
    const findBy = async (query: AccountQuery) => this.accountsWith(query).map(({ accountId }) => accountId)
    this.logins = new LoginResolver({ storage, accounts: { findBy }, matchEmail })
  }

  /** The app's accounts that a matcher may find. */
  accountsWith({
    districtId,
    role,
    field,
    value,
  }: Omit<AccountQuery, "role"> & { role: Role | null }): AccountEntry[] {
    return this.accounts.filter((one) => {
      if (one.districtId !== districtId) return false
      if (field === "clever_id" || field === "legacy_id") {
        return one.cleverId === value || one.legacyIds?.includes(value) === true
      }
      if (role !== null && one.role && one.role !== role) return false
      const held = one[entryFields[field]]
      return field === "email" ? held?.toLowerCase() === value.toLowerCase() : held === value
    })
  }

  /** The active people of a district who have a value. */
  peopleWith({
    districtId,
    role,
    field,
    value,
  }: Omit<AccountQuery, "role"> & { role: Role | null }): string[] {
    const all = [...this.people.values()].filter(({ active, user }) => active && user.district === districtId)
    return all
      .filter(({ user }) => {
        if (field === "clever_id" || field === "legacy_id") {
          return (
            user.id === value ||
            Object.values(user.roles ?? {}).some(
              (held) => (held as { legacy_id?: string }).legacy_id === value,
            )
          )
        }
        if (field === "email") return user.email?.toLowerCase() === value.toLowerCase()
        return role !== null && heldBy(user, role, field) === value
      })
      .map(({ user }) => user.id)
  }

  links(): Promise<AccountLink[]> {
    return this.plain.listLinks({ limit: 1_000 })
  }

  async do(one: Step): Promise<void> {
    switch (one.type) {
      case "match":
        for (const districtId of districts) {
          if (one.newcomers) await this.matching.matchNewcomers({ districtId })
          else await this.matching.match({ districtId })
        }
        return
      case "login": {
        const known = this.people.get(`person-${one.person}`)
        if (known !== undefined) await this.logins.resolveLogin(identityOf(known.user))
        return
      }
      case "decide":
        return this.#decide(one.which, one.choice)
      case "change":
        return this.put(one.person, one.content)
      case "archive":
        return this.#import(one.person, undefined)
      case "accounts":
        this.accounts = one.entries
        return
      case "apart": {
        const cleverId = `person-${one.person}`
        const districtId = districtOf(one.person)
        await this.matching.keepApart({ districtId, cleverId, accountId: one.accountId, by: "ada" })
        this.apart.add(`${cleverId} ${one.accountId}`)
        return
      }
      case "unlink": {
        const cleverId = `person-${one.person}`
        this.decided.add(cleverId)
        await this.logins.unlinkAccount({ issuer, cleverId, by: "ada" })
        return
      }
    }
  }

  async #decide(which: number, choice: number): Promise<void> {
    const open: Review[] = []
    for await (const review of this.matching.reviews({ state: "open" })) open.push(review)
    const review = open[which % Math.max(1, open.length)]
    if (review === undefined) return
    const link = choice === 0 ? undefined : review.candidates[choice % review.candidates.length]
    this.decided.add(review.cleverId)
    if (review.type === "reissued" && link !== undefined) this.decided.add(link)
    try {
      if (link !== undefined) await this.matching.decide(review.id, { link, by: "ada" })
      else {
        const { candidates } = await this.matching.decide(review.id, { keepApart: true, by: "ada" })
        if (review.type === "account") {
          for (const candidate of candidates) this.apart.add(`${review.cleverId} ${candidate}`)
        }
      }
    } catch (error) {
      // Somebody, or the review itself, was quicker.
      expect(["REVIEW_NOT_OPEN", "LINK_CONFLICT", "INVALID_OPTIONS"]).toContain(
        (error as { code?: string }).code,
      )
    }
  }

  put(index: number, fields: { email: string | undefined; roles: object }): Promise<void> {
    return this.#import(index, { id: `person-${index}`, district: districtOf(index), ...fields } as User)
  }

  /** Imports of a district take turns, as its lease has them do. */
  async #import(index: number, user: User | undefined): Promise<void> {
    const turn = this.#imports.then(async () => {
      const id = `person-${index}`
      const known = this.people.get(id)
      if (user === undefined && known?.active !== true) return
      const change: StagedChange =
        user === undefined ? { action: "archive", kind: "user", id } : staged(user, known)
      await importChanges(this.plain, [change], {
        districtId: districtOf(index),
        runId: `run-${this.#runs++}`,
      })
      this.people.set(id, { user: user ?? (known?.user as User), active: user !== undefined })
    })
    this.#imports = turn
    await turn
  }
}

function districtOf(index: number): string {
  return districts[index % districts.length] as string
}

function staged(user: User, known: { active: boolean } | undefined): StagedChange {
  const data = JSON.stringify(user)
  const parsed = parseRecord("user", JSON.parse(data), { districtId: user.district })
  if (!parsed.ok) throw new Error(parsed.reason)
  const action = known === undefined ? "create" : known.active ? "update" : "restore"
  const keys = recordKeys("user", parsed.record)
  return { action, kind: "user", id: user.id, data, raw: data, canonical: data, keys }
}

/** What must hold of the links, whatever happened and however much of it at once. */
function checkLinks(
  app: App,
  before: readonly AccountLink[],
  after: readonly AccountLink[],
  apartBefore: ReadonlySet<string>,
): void {
  expect(new Set(after.map(({ accountId }) => accountId)).size).toBe(after.length)
  for (const link of after) {
    const known = app.people.get(link.cleverId)
    if (known !== undefined && link.districtId !== null) expect(link.districtId).toBe(known.user.district)
    const pair = `${link.cleverId} ${link.accountId}`
    const isNew = !before.some((one) => one.cleverId === link.cleverId && one.accountId === link.accountId)
    if (isNew && link.linkedBy.startsWith("match:")) {
      expect(apartBefore.has(pair), `${pair} was kept apart`).toBe(false)
      if (link.linkedBy === "match:email") expect(app.matchEmail).toBe(true)
    }
  }
  for (const old of before) {
    const now = after.find(({ accountId }) => accountId === old.accountId)
    const of = after.find(({ cleverId }) => cleverId === old.cleverId)
    // A link of an older id is brought to the one person who has it.
    const isOlder = old.cleverId.startsWith("old-")
    const moved = now !== undefined && now.cleverId !== old.cleverId
    const isDecided = app.decided.has(old.cleverId)
    if (moved && !isDecided && !isOlder)
      throw new Error(`${old.accountId} went from ${old.cleverId} to ${now.cleverId}`)
    if (of?.accountId !== old.accountId && !isDecided && !isOlder) {
      throw new Error(`${old.cleverId} lost ${old.accountId}`)
    }
  }
}

/** What must hold of each link that matchers have made while nothing else happened. */
function checkMatched(app: App, before: readonly AccountLink[], after: readonly AccountLink[]): void {
  // What the same matching has linked to others is no candidate any more.
  const taken = new Map(after.map(({ accountId, cleverId }) => [accountId, cleverId]))
  for (const { cleverId, accountId, linkedBy } of after) {
    const isNew = !before.some((one) => one.cleverId === cleverId && one.accountId === accountId)
    if (!isNew || !linkedBy.startsWith("match:")) continue
    const known = app.people.get(cleverId)
    if (known === undefined) throw new Error(`${cleverId} is nobody`)
    const { user } = known
    const field = linkedBy.slice("match:".length) as AccountQuery["field"]
    const isOfClever = field === "clever_id" || field === "legacy_id"
    const questions = isOfClever
      ? [user.id, ...identityOf(user).legacyIds].map((value) => ({ role: null, value }))
      : (Object.keys(user.roles ?? {}) as Role[]).map((role) => ({ role, value: heldBy(user, role, field) }))
    const proofs = questions.filter(({ role, value }) => {
      const query = { districtId: user.district, role, field, value }
      const held = app
        .accountsWith(query)
        .filter((one) => (taken.get(one.accountId) ?? cleverId) === cleverId)
      const isOnlyAccount = held.length === 1 && held[0]?.accountId === accountId
      return value !== "" && isOnlyAccount && app.peopleWith(query).length === 1
    })
    expect(proofs.length, `${cleverId} has ${accountId} by ${linkedBy}`).toBeGreaterThan(0)
    expect(
      app.accounts.filter((one) => one.accountId === accountId && one.districtId === user.district),
    ).toHaveLength(1)
  }
}

/** The accounts that somebody is led to: by numbers of which there is only one account, or only one person. */
function ledTo(app: App, user: User): Set<string> {
  const fields = ["email", "sis_id", "student_number", "teacher_number", "staff_id", "state_id"] as const
  const questions = [
    ...[user.id, ...identityOf(user).legacyIds].map(
      (value) => ({ role: null, field: "clever_id", value }) as const,
    ),
    ...(Object.keys(user.roles ?? {}) as Role[]).flatMap((role) =>
      fields
        .filter((field) => personMatchers[role].includes(field) && (field !== "email" || app.matchEmail))
        .map((field) => ({ role, field, value: heldBy(user, role, field) })),
    ),
  ]
  const led = questions.flatMap((question) => {
    if (question.value === "") return []
    const query = { districtId: user.district, ...question }
    const found = new Set(
      app.accountsWith({ ...query, role: null }).flatMap(({ accountId, districtId }) => {
        const same = app.accounts.filter(
          (one) => one.accountId === accountId && one.districtId === districtId,
        )
        // An account that stands in the list in two roles may be of any.
        const ofRoles = new Set(same.map(({ role }) => role))
        const { role } = question
        const fits = role === null || ofRoles.size > 1 || ofRoles.has(undefined) || ofRoles.has(role)
        return fits ? [accountId] : []
      }),
    )
    return found.size > 1 && app.peopleWith(query).length > 1 ? [] : [...found]
  })
  return new Set(led)
}

/** Nobody gets an account by a matching that somebody else is led to who is left without one. */
function checkNobodyElseIsLed(
  app: App,
  before: readonly AccountLink[],
  after: readonly AccountLink[],
  apartBefore: ReadonlySet<string>,
): void {
  const linked = new Set(after.map(({ cleverId }) => cleverId))
  const wasLinked = new Set(before.map(({ cleverId }) => cleverId))
  const others = [...app.people.values()].filter(({ active, user }) => {
    // Whoever is linked under older ids has an account, or waits for somebody to say whose it is.
    const hasOlder = identityOf(user).legacyIds.some((id) => linked.has(id) || wasLinked.has(id))
    return active && !linked.has(user.id) && !hasOlder
  })
  for (const { cleverId, accountId, linkedBy } of after) {
    const isNew = !before.some((one) => one.cleverId === cleverId && one.accountId === accountId)
    // What is linked under an older id comes along with it.
    if (!isNew || !linkedBy.startsWith("match:")) continue
    if (before.some((one) => one.accountId === accountId)) continue
    for (const { user } of others) {
      if (user.district !== app.people.get(cleverId)?.user.district) continue
      if (apartBefore.has(`${user.id} ${accountId}`) || !ledTo(app, user).has(accountId)) continue
      throw new Error(`${cleverId} has ${accountId} by ${linkedBy}, and ${user.id} is led there`)
    }
  }
}

async function live(
  storage: RosterStorage,
  given: typeof history extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> {
  await storage.open()
  const { people, accounts, matchEmail, groups, delays, olderLinks } = given
  const delay = () => delays.next().value as number
  const app = new App(storage, { accounts, matchEmail, delay })
  for (const districtId of districts) {
    const mode = "sso+provisioning"
    await storage.saveConnection({ districtId, name: "", mode, state: "active", steps: [], settings: {} })
  }
  for (const cleverId of olderLinks) {
    const link = { issuer, cleverId, accountId: `of-${cleverId}`, districtId: null }
    await storage.claimLink({ ...link, linkedAt: "2024-08-01T00:00:00.000Z", linkedBy: "v2" })
  }
  for (const [index, one] of people.entries()) if (index < peopleCount - 3) await app.put(index, one)
  for (const { steps, together } of groups) {
    if (together) {
      const before = await app.links()
      const apart = new Set(app.apart)
      app.decided = new Set()
      await Promise.all(steps.map((one) => app.do(one)))
      checkLinks(app, before, await app.links(), apart)
      continue
    }
    for (const one of steps) {
      const before = await app.links()
      const apart = new Set(app.apart)
      app.decided = new Set()
      await app.do(one)
      const after = await app.links()
      checkLinks(app, before, after, apart)
      if (one.type !== "match") continue
      checkMatched(app, before, after)
      checkNobodyElseIsLed(app, before, after, apart)
    }
  }
  // When all is quiet, a matching settles it, and a second one changes nothing.
  const everything = async () => ({
    links: await app.links(),
    reviews: await storage.listDocuments({ collection: "reviews", limit: 1_000 }),
  })
  await app.do({ type: "match", newcomers: false })
  // An account in the lists of both districts may be taken by the second after the first was matched.
  await app.do({ type: "match", newcomers: false })
  const settled = await everything()
  await app.do({ type: "match", newcomers: false })
  await app.do({ type: "match", newcomers: true })
  expect(await everything()).toEqual(settled)
  await storage.close()
}

describe("S26 S27 whatever people, accounts, matchings, logins, decisions and imports there are", () => {
  it("S26 S27 no account is ever two people's, and nobody's account changes unless a person decided so", async () => {
    await fc.assert(
      fc.asyncProperty(history, (given) => live(new MemoryStorage(), given)),
      { numRuns: 250 },
    )
  }, 120_000)

  it("S26 S27 the same in SQLite", async () => {
    const folder = temporaryFolder()
    let runs = 0
    await fc.assert(
      fc.asyncProperty(history, (given) =>
        live(new SqliteStorage({ path: join(folder, `${runs++}.db`) }), given),
      ),
      { numRuns: 8 },
    )
  }, 120_000)
})

import { describe, expect, it } from "vitest"
import {
  type AccountEntry,
  AccountMatching,
  accountsFromCsv,
  type MatchField,
} from "../../../src/entries/accounts.ts"
import type { Role } from "../../../src/index.ts"
import { storageNames } from "../../support/roster-world.ts"
import { type entryFields, heldBy, issuer, MatchingWorld } from "./matching-world.ts"

type Field = keyof typeof entryFields

const matchers: [Role, Field][] = [
  ["student", "sis_id"],
  ["student", "student_number"],
  ["student", "state_id"],
  ["student", "email"],
  ["teacher", "email"],
  ["teacher", "sis_id"],
  ["teacher", "teacher_number"],
  ["teacher", "state_id"],
  ["staff", "email"],
  ["staff", "staff_id"],
]

/** The order that each role has. */
const orders: [Role, Field[]][] = [
  ["student", ["sis_id", "student_number", "state_id", "email"]],
  ["teacher", ["email", "sis_id", "teacher_number", "state_id"]],
  ["staff", ["email", "staff_id"]],
]

const matchEmail = { matching: { matchEmail: true } }

describe.each(storageNames)("S26 matching a roster to the app's accounts, on %s", (storage) => {
  it.each(matchers)("S26 links a %s by %s, and a second matching changes nothing", async (role, field) => {
    const world = await MatchingWorld.start({ storage, ...matchEmail })
    const user = world.someone(role, field)
    world.account("a1", user, role, field)
    const result = await world.match()
    expect(result).toMatchObject({
      scope: "everyone",
      linked: 1,
      linkedBy: { [field]: 1 },
      reviewsOpened: 0,
      accounts: { usable: 1, elsewhere: 0, problems: {} },
    })
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([
      {
        issuer,
        cleverId: user.id,
        accountId: "a1",
        districtId: world.districtId,
        linkedAt: new Date(world.roster.now()).toISOString(),
        linkedBy: `match:${field}`,
      },
    ])
    expect(world.audited).toEqual([
      {
        type: "link",
        at: new Date(world.roster.now()).toISOString(),
        kind: "user",
        districtId: world.districtId,
        cleverId: user.id,
        accountId: "a1",
        by: `match:${field}`,
        from: null,
      },
    ])
    const written = await world.written()
    world.roster.clock.advance(60_000)
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0, reviewsClosed: 0 })
    expect(await world.written()).toEqual(written)
    expect(world.audited).toHaveLength(1)
  })

  it.each(orders)(
    "S26 asks the matchers of a %s in order: the first that decides counts",
    async (role, order) => {
      const world = await MatchingWorld.start({ storage, ...matchEmail })
      const user = world.someone(role, ...order)
      // An account for each field: the one of the first is theirs.
      for (const [index, field] of order.toReversed().entries()) world.account(`a${index}`, user, role, field)
      for (const field of order) {
        const expected = world.accounts.at(-1) as AccountEntry
        expect(await world.match()).toMatchObject({ linked: 1, linkedBy: { [field]: 1 }, reviewsOpened: 0 })
        expect(await world.links()).toEqual({ [user.id]: expected.accountId })
        await world.storage.deleteLinks({ districtId: world.districtId })
        world.accounts.pop()
      }
      expect(await world.match()).toMatchObject({ linked: 0 })
    },
  )

  it("S26 goes on to a later matcher where an earlier one can't decide, and asks a person where none can", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id", "state_id")
    world.account("a1", user, "student", "sis_id")
    world.account("a2", user, "student", "sis_id")
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.reviews()).toEqual([
      {
        id: `${world.districtId}:account:${user.id}`,
        districtId: world.districtId,
        type: "account",
        cleverId: user.id,
        state: "open",
        reason: "several-accounts",
        role: "student",
        field: "sis_id",
        candidates: ["a1", "a2"],
        openedAt: new Date(world.roster.now()).toISOString(),
        decision: null,
      },
    ])
    world.account("a3", user, "student", "state_id")
    expect(await world.match()).toMatchObject({ linked: 1, linkedBy: { state_id: 1 }, reviewsClosed: 1 })
    expect(await world.links()).toEqual({ [user.id]: "a3" })
    expect(await world.review("closed")).toMatchObject({ cleverId: user.id, decision: null })
  })

  it.each(matchers)(
    "S26 S13 links nobody where two %ss of the district have the %s, and asks about both",
    async (role, field) => {
      const world = await MatchingWorld.start({ storage, ...matchEmail })
      const user = world.someone(role, field)
      world.account("a1", user, role, field)
      const value = heldBy(user, role, field)
      const twin = world.twin(role, field, field === "email" ? value.toUpperCase() : value)
      await world.roster.delta()
      expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 2 })
      const asked = await world.reviews({ state: "open" })
      expect(asked.map(({ cleverId }) => cleverId)).toEqual([user.id, twin].sort())
      for (const review of asked) {
        expect(review).toMatchObject({ reason: "several-people", role, field, candidates: ["a1"] })
      }
      // The same value archived, or in a role that does not count, is nobody's.
      world.roster.district.remove("user", twin)
      if (field !== "email") world.twin("contact", field, value)
      await world.roster.delta()
      expect(await world.match()).toMatchObject({ linked: 1 })
      expect(await world.links()).toEqual({ [user.id]: "a1" })
    },
  )

  it("S26 an e-mail address counts whoever has it, in whatever role", async () => {
    const world = await MatchingWorld.start({ storage, ...matchEmail })
    const user = world.someone("teacher", "email")
    world.accounts.push({ accountId: "a1", email: ` ${user.email?.toUpperCase()}` })
    const contact = world.twin("contact", "email", String(user.email))
    await world.roster.delta()
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({
      cleverId: user.id,
      reason: "several-people",
      field: "email",
    })
    world.roster.district.remove("user", contact)
    await world.roster.delta()
    await world.match()
    expect(await world.links()).toEqual({ [user.id]: "a1" })
  })

  it("S26 never by e-mail, unless the app opts in, and never by name", async () => {
    const world = await MatchingWorld.start({ storage })
    for (const role of ["student", "teacher", "staff"] as const) {
      world.account(role, world.someone(role, "email"), role, "email")
    }
    const { name } = world.someone("student")
    world.accounts.push({ accountId: "n", first: name?.first, last: name?.last, name } as AccountEntry)
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0 })
    const matching = world.another({ matchEmail: true })
    const { linkedBy } = await matching.match({ districtId: world.districtId })
    expect(Object.keys(linkedBy)).toEqual(["email"])
  })

  it("S26 an account of another role is no candidate; one without a role is everybody's", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const sisId = heldBy(user, "student", "sis_id")
    world.accounts.push(
      { accountId: "t1", role: "teacher", sisId },
      { accountId: "s1", role: "student", sisId },
    )
    expect(await world.match()).toMatchObject({ linked: 1 })
    expect(await world.links()).toEqual({ [user.id]: "s1" })
    await world.storage.deleteLinks({ accountId: "s1" })
    world.accounts.push({ accountId: "any", sisId })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({ candidates: ["any", "s1"] })
  })

  it("S26 an account that is linked to somebody else is no candidate, of whatever district", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two] = world.some("student", "sis_id") as [User_, User_]
    world.account("a1", one, "student", "sis_id")
    world.account("a2", two, "student", "sis_id")
    world.account("a3", two, "student", "sis_id")
    const link = { issuer, linkedAt: "2026-01-01T00:00:00.000Z", linkedBy: "test" }
    await world.storage.claimLink({ ...link, cleverId: "elsewhere", accountId: "a1", districtId: "another" })
    await world.storage.claimLink({ ...link, cleverId: "library", accountId: "a2", districtId: null })
    expect(await world.match()).toMatchObject({ linked: 1, reviewsOpened: 0 })
    expect(await world.links()).toEqual({ elsewhere: "a1", library: "a2", [two.id]: "a3" })
  })

  it("S26 somebody who has a link keeps it, whatever the accounts say", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const link = { issuer, cleverId: user.id, districtId: null, linkedAt: "2026-01-01T00:00:00.000Z" }
    await world.storage.claimLink({ ...link, accountId: "mine", linkedBy: "test" })
    world.account("a1", user, "student", "sis_id")
    world.account("a2", user, "student", "sis_id")
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0 })
    expect(await world.links()).toEqual({ [user.id]: "mine" })
  })

  it("S26 roles that lead to different accounts decide nothing; to the same, they do", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.users("teacher").find((one) => one.roles?.teacher?.sis_id && one.roles.staff?.staff_id)
    if (user === undefined) throw new Error("nobody has both roles")
    world.account("a1", user, "teacher", "sis_id")
    world.account("a2", user, "staff", "staff_id")
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({
      cleverId: user.id,
      reason: "several-roles",
      role: null,
      field: null,
      candidates: ["a1", "a2"],
    })
    const [teacher, staff] = world.accounts as [AccountEntry, AccountEntry]
    world.accounts = [{ accountId: "a1", sisId: teacher.sisId, staffId: staff.staffId }]
    expect(await world.match()).toMatchObject({ linked: 1, reviewsClosed: 1 })
    expect(await world.links()).toEqual({ [user.id]: "a1" })
  })

  it("S26 an account to which two people are led, by different fields, is left to neither", async () => {
    const world = await MatchingWorld.start({ storage })
    const users = world.some("student", "sis_id", "state_id", "student_number")
    const [one, two, three] = users as [User_, User_, User_]
    world.accounts.push({
      accountId: "a1",
      sisId: heldBy(one, "student", "sis_id"),
      stateId: heldBy(two, "student", "state_id"),
      studentNumber: heldBy(three, "student", "student_number"),
    })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 3 })
    const asked = await world.reviews({ state: "open" })
    expect(asked.map(({ cleverId, field, reason }) => [cleverId, field, reason])).toEqual(
      [
        [one.id, "sis_id", "several-people"],
        [two.id, "state_id", "several-people"],
        [three.id, "student_number", "several-people"],
      ].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
    )
    const written = await world.written()
    expect(await world.match()).toMatchObject({ reviewsOpened: 0, reviewsClosed: 0 })
    expect(await world.written()).toEqual(written)
  })

  it("S26 an account that somebody in doubt may have is left to nobody, until the doubt is settled", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two] = world.some("student", "sis_id", "state_id") as [User_, User_]
    const [sisId, stateId] = [heldBy(one, "student", "sis_id"), heldBy(two, "student", "state_id")]
    world.accounts.push({ accountId: "a1", sisId, stateId }, { accountId: "a1 again", sisId })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 2 })
    const asked = async () =>
      Object.fromEntries(
        (await world.reviews({ state: "open" })).map(({ cleverId, reason, candidates }) => [
          cleverId,
          [reason, candidates],
        ]),
      )
    expect(await asked()).toEqual({
      [one.id]: ["several-accounts", ["a1", "a1 again"]],
      [two.id]: ["several-people", ["a1"]],
    })
    const written = await world.written()
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0, reviewsClosed: 0 })
    expect(await world.written()).toEqual(written)
    const { districtId } = world
    await world.matching.keepApart({ districtId, cleverId: one.id, accountId: "a1", by: "ada" })
    expect(await world.match()).toMatchObject({ linked: 2, reviewsClosed: 2 })
    expect(await world.links()).toEqual({ [two.id]: "a1", [one.id]: "a1 again" })
  })

  it("S26 whoever loses an account to a doubt is led to the next one that they have a number of", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two, three] = world.some("student", "sis_id", "state_id") as [User_, User_, User_]
    // Each has the state id of the next one: as long as the next one has an account, that says nothing.
    world.account("a1", one, "student", "sis_id")
    world.account("a2", two, "student", "sis_id")
    world.account("a3", three, "student", "sis_id")
    world.accounts = world.accounts.map((entry, index) => {
      const next = [two, three][index]
      return next === undefined ? entry : { ...entry, stateId: heldBy(next, "student", "state_id") }
    }) as AccountEntry[]
    world.account("a3 again", three, "student", "sis_id")
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 3 })
    world.accounts.pop()
    expect(await world.match()).toMatchObject({ linked: 3, reviewsClosed: 3 })
    expect(await world.links()).toEqual({ [one.id]: "a1", [two.id]: "a2", [three.id]: "a3" })
  })

  it("S26 a placeholder that several accounts and several people have leads nobody", async () => {
    const world = await MatchingWorld.start({ storage })
    const users = world.some("student", "sis_id").slice(0, 6)
    for (const { id } of users) {
      world.roster.district.edit("user", id, (user) => {
        Object.assign((user as unknown as User_).roles?.student ?? {}, { state_id: "N/A" })
      })
    }
    await world.roster.delta()
    for (const [index, user] of users.slice(1).entries()) {
      const sisId = heldBy(user, "student", "sis_id")
      world.accounts.push({ accountId: `a${index}`, sisId, stateId: "N/A" })
    }
    expect(await world.match()).toMatchObject({ linked: 5 })
    expect(await world.reviews({ state: "open" })).toEqual([])
  })

  it("S26 nobody is matched across districts: entries of others are left out", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two] = world.some("student", "sis_id") as [User_, User_]
    world.accounts.push(
      { accountId: "a1", districtId: "another", sisId: heldBy(one, "student", "sis_id") },
      { accountId: "a2", districtId: world.districtId, sisId: heldBy(two, "student", "sis_id") },
      // Broken as it is, it is another district's.
      { accountId: "", districtId: "another" },
    )
    expect(await world.match()).toMatchObject({
      linked: 1,
      accounts: { usable: 1, elsewhere: 2, problems: {} },
    })
    expect(await world.links()).toEqual({ [two.id]: "a2" })
    const other = await world.matching.match({ districtId: "another" })
    expect(other).toMatchObject({ subjects: 0, linked: 0, accounts: { usable: 1, elsewhere: 1 } })
  })
})

type User_ = ReturnType<MatchingWorld["someone"]>

describe.each(storageNames)("S26 Clever's own ids, present and former, on %s", (storage) => {
  const idFields: [string, (id: string) => Partial<AccountEntry>][] = [
    ["clever id", (cleverId) => ({ cleverId })],
    ["one of the legacy ids", (id) => ({ legacyIds: ["another", id] })],
  ]
  it.each(idFields)("S26 an account whose %s is the person's is theirs, in every role", async (_, entry) => {
    const world = await MatchingWorld.start({ storage })
    const roles: Role[] = ["student", "teacher", "staff", "district_admin", "contact"]
    const users = world.people(roles)
    for (const [index, user] of users.entries())
      world.accounts.push({ accountId: `a${index}`, ...entry(user.id) })
    expect(await world.match()).toMatchObject({ linked: 5, linkedBy: { clever_id: 5 } })
    expect(await world.links()).toEqual(Object.fromEntries(users.map(({ id }, index) => [id, `a${index}`])))
  })

  it("S26 legacy ids of every role are offered, before the matchers", async () => {
    const world = await MatchingWorld.start({ storage })
    const roles: Role[] = ["teacher", "staff", "district_admin"]
    const users = world.people(roles, "legacy_id")
    for (const [index, user] of users.entries()) {
      world.accounts.push({
        accountId: `a${index}`,
        cleverId: heldBy(user, roles[index] as Role, "legacy_id"),
      })
    }
    // What the district's fields say comes after.
    world.accounts.push({ accountId: "b", sisId: heldBy(users[0] as User_, "teacher", "sis_id") })
    expect(await world.match()).toMatchObject({ linked: 3, linkedBy: { legacy_id: 3 } satisfies Linked })
    expect(await world.links()).toEqual(Object.fromEntries(users.map(({ id }, index) => [id, `a${index}`])))
  })

  it("S26 different accounts under the ids of one person are for somebody to decide", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("teacher", "legacy_id")
    world.accounts.push(
      { accountId: "a2", cleverId: user.id },
      { accountId: "a1", legacyIds: [heldBy(user, "teacher", "legacy_id")] },
    )
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({
      reason: "several-ids",
      field: "clever_id",
      candidates: ["a1", "a2"],
    })
  })

  it("S26 a legacy id that two people have is nobody's", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("teacher", "legacy_id")
    const legacyId = heldBy(user, "teacher", "legacy_id")
    const twin = world.twin("staff", "legacy_id", legacyId)
    await world.roster.delta()
    world.accounts.push({ accountId: "a1", cleverId: legacyId })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 2 })
    const asked = await world.reviews({ state: "open" })
    expect(asked.map(({ cleverId, reason }) => [cleverId, reason])).toEqual(
      [user.id, twin].sort().map((id) => [id, "several-people"]),
    )
  })

  it("S26 R45 a link under an older id is brought to the present one; one that two people share is not", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two, three] = world.some("teacher", "legacy_id") as [User_, User_, User_]
    const legacyIds = [one, two, three].map((user) => heldBy(user, "teacher", "legacy_id"))
    const link = { issuer, districtId: null, linkedAt: "2024-08-01T00:00:00.000Z", linkedBy: "v2" }
    for (const [index, cleverId = ""] of legacyIds.entries()) {
      await world.storage.claimLink({ ...link, cleverId, accountId: `a${index}` })
    }
    // Two has another older id, of another account; three shares theirs with somebody.
    const staff = { ...two.roles?.staff, legacy_id: "older-still" }
    world.roster.district.edit("user", two.id, { roles: { ...two.roles, staff } as never })
    await world.storage.claimLink({ ...link, cleverId: "older-still", accountId: "b" })
    world.twin("staff", "legacy_id", legacyIds[2] as string)
    await world.roster.delta()
    const expected = { linked: 1, linkedBy: { legacy_id: 1 }, conflicts: 3, reviewsOpened: 0 }
    expect(await world.match()).toMatchObject(expected)
    const without = new AccountMatching({ storage: world.storage })
    const again = await without.match({ districtId: world.districtId })
    expect(again).toMatchObject({ ...expected, linked: 0, linkedBy: {} })
    const links = await world.links()
    expect(links[one.id]).toBe("a0")
    expect(links[legacyIds[0] as string]).toBeUndefined()
    expect([links[two.id], links[three.id]]).toEqual([undefined, undefined])
    expect([links[legacyIds[1] as string], links["older-still"], links[legacyIds[2] as string]]).toEqual([
      "a1",
      "b",
      "a2",
    ])
  })
})

type Linked = Partial<Record<MatchField, number>>

describe.each(storageNames)("S26 lists of accounts as they are, on %s", (storage) => {
  it("S26 an account id that stands twice decides nothing, and is told with its line", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two] = world.some("student", "sis_id") as [User_, User_]
    world.accounts.push(
      { accountId: "a1", sisId: heldBy(one, "student", "sis_id"), line: 2 },
      { accountId: "a1", sisId: heldBy(two, "student", "sis_id"), line: 3 },
    )
    const problems: unknown[] = []
    const result = await world.match({ onProblem: (problem) => problems.push(problem) })
    expect(result).toMatchObject({
      linked: 0,
      reviewsOpened: 2,
      accounts: { usable: 1, problems: { "account-id-repeated": 1 } },
    })
    expect(problems).toEqual([{ reason: "account-id-repeated", field: "accountId", entry: 2, line: 3 }])
    const asked = await world.reviews({ state: "open" })
    expect(asked.map(({ cleverId }) => cleverId)).toEqual([one.id, two.id].sort())
    for (const review of asked)
      expect(review).toMatchObject({ reason: "account-unclear", candidates: ["a1"] })
  })

  it("S26 what can't be used is counted with its reason, and makes nobody look like the only one", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const sisId = heldBy(user, "student", "sis_id")
    world.accounts.push(
      { unusable: "cell-count", line: 2 },
      { accountId: "", sisId: "x" },
      { accountId: 5 as unknown as string },
      { accountId: "\ud800" },
      { accountId: "a", kind: "pet" as "user" },
      { accountId: "a", role: "pupil" as Role },
      { accountId: "a", sisId: 5 as unknown as string },
      { accountId: "a", legacyIds: [5] as unknown as string[] },
      { accountId: "a1", sisId, role: null, kind: null, legacyIds: null, districtId: null, email: null },
    )
    const problems: unknown[] = []
    const result = await world.match({ onProblem: (problem) => problems.push(problem) })
    expect(result.accounts).toEqual({
      usable: 1,
      elsewhere: 0,
      problems: {
        "cell-count": 1,
        "account-id-missing": 2,
        "not-text": 3,
        "kind-unknown": 1,
        "role-unknown": 1,
      },
    })
    expect(problems).toHaveLength(8)
    expect(problems[0]).toEqual({ reason: "cell-count", field: null, entry: 1, line: 2 })
    expect(result).toMatchObject({ linked: 1 })
    await world.storage.deleteLinks({ accountId: "a1" })
    world.accounts.push({ accountId: "", sisId })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({ candidates: ["a1"], reason: "account-unclear" })
  })

  it("S26 a row of a file with a cell too many makes nobody look like the only one", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two] = world.some("student", "sis_id") as [User_, User_]
    const [first, second] = [one, two].map((user) => heldBy(user, "student", "sis_id"))
    const text = [
      "account_id,name,role,sis_id",
      `a1,Old Account,student,${first}`,
      `a2,Smith, John,student,${first}`,
      `a3,"Smith, Joan",student,${second}`,
      "",
    ].join("\n")
    const accounts = accountsFromCsv({
      async *open() {
        yield text
      },
    })
    const result = await world.another({ accounts }).match({ districtId: world.districtId })
    expect(result).toMatchObject({ linked: 1, reviewsOpened: 1, accounts: { problems: { "cell-count": 1 } } })
    expect(await world.links()).toEqual({ [two.id]: "a3" })
    expect(await world.review()).toMatchObject({
      cleverId: one.id,
      candidates: ["a1"],
      reason: "account-unclear",
    })
  })

  it("S26 a list that fails half-way matches nobody", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const entry = world.account("a1", user, "student", "sis_id")
    const matching = world.another({
      accounts: {
        async *list() {
          yield entry
          throw new Error("the app's database is away")
        },
      },
    })
    const before = await world.written()
    await expect(matching.match({ districtId: world.districtId })).rejects.toThrow(
      "the app's database is away",
    )
    expect(await world.written()).toEqual(before)
  })
})

describe.each(storageNames)("S26 schools of the app, on %s", (storage) => {
  const start = async () => {
    const world = await MatchingWorld.start({ storage, schools: 3 })
    const [one = "", two = "", three = ""] = world.roster.ids("school")
    world.roster.district.edit("school", one, { mdr_number: "M1", nces_id: "N1" })
    world.roster.district.edit("school", two, { mdr_number: "M2", nces_id: "N2" })
    world.roster.district.edit("school", three, { mdr_number: "", nces_id: "N3" })
    await world.roster.delta()
    const links = async () => {
      const found: [string, string, string][] = []
      for await (const link of world.matching.schoolLinks({ districtId: world.districtId })) {
        found.push([link.schoolId, link.accountId, link.linkedBy])
      }
      return found
    }
    return { world, one, two, three, links }
  }

  it("S26 are matched by MDR number, then by NCES id, apart from people's accounts of the same id", async () => {
    const { world, one, two, three, links } = await start()
    const user = world.someone("student", "sis_id")
    world.account("1", user, "student", "sis_id")
    world.accounts.push(
      { kind: "school", accountId: "1", mdrNumber: "M1", ncesId: "N2" },
      { kind: "school", accountId: "2", ncesId: "N2", mdrNumber: "elsewhere" },
      { kind: "school", accountId: "3", ncesId: "N3" },
      // What people have is nothing of a school's, and the other way round.
      { kind: "school", accountId: "4", sisId: heldBy(user, "student", "sis_id") },
      { kind: "user", accountId: "5", mdrNumber: "M2" },
    )
    // Account 1 has the NCES id of school two as well: both are asked about, until account 1 is known to be school one.
    expect(await world.match()).toMatchObject({ linked: 2, reviewsOpened: 2, reviewsClosed: 0 })
    expect(await links()).toEqual([[three, "3", "match:nces_id"]])
    const ofOne = (await world.reviews({ state: "open" })).find(({ cleverId }) => cleverId === one)
    expect(ofOne).toMatchObject({ reason: "several-people", field: "mdr_number", candidates: ["1"] })
    await world.matching.decide(ofOne?.id ?? "", { link: "1", by: "ada" })
    expect(await world.match()).toMatchObject({ linked: 1, reviewsOpened: 0, reviewsClosed: 1 })
    expect(await links()).toEqual(
      [
        [one, "1", "review:ada"],
        [two, "2", "match:nces_id"],
        [three, "3", "match:nces_id"],
      ].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
    )
    expect(await world.links()).toEqual({ [user.id]: "1" })
    expect(await world.review("closed")).toMatchObject({
      type: "school",
      cleverId: two,
      field: "nces_id",
      candidates: ["1", "2"],
    })
    const written = await world.written()
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0 })
    expect(await world.written()).toEqual(written)
  })

  it("S26 a school is linked by Clever's own id, once; a link is removed by hand", async () => {
    const { world, one, two, links } = await start()
    world.accounts.push({ kind: "school", accountId: "1", cleverId: one, mdrNumber: "M2" })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 2 })
    world.accounts = [{ kind: "school", accountId: "1", cleverId: one }]
    expect(await world.match()).toMatchObject({ linked: 1, reviewsClosed: 2 })
    expect(await links()).toEqual([[one, "1", "match:clever_id"]])
    expect(await world.match()).toMatchObject({ linked: 0 })

    world.accounts = [{ kind: "school", accountId: "1", mdrNumber: "M2" }]
    expect(await world.match()).toMatchObject({ linked: 0 })
    const removal = { districtId: world.districtId, schoolId: one, by: "ada" }
    expect(await world.matching.unlinkSchool(removal)).toBe(true)
    expect(await world.matching.unlinkSchool(removal)).toBe(false)
    expect(world.audited.at(-1)).toMatchObject({
      type: "unlink",
      kind: "school",
      cleverId: one,
      accountId: "1",
      by: "ada",
    })
    expect(await world.match()).toMatchObject({ linked: 1, linkedBy: { mdr_number: 1 } })
    expect(await links()).toEqual([[two, "1", "match:mdr_number"]])
  })
})

import { describe, expect, it } from "vitest"
import { type AccountEntry, AccountMatching, type Review } from "../../../src/entries/accounts.ts"
import type { User } from "../../../src/index.ts"
import { codeOf, storageNames } from "../../support/roster-world.ts"
import { identityOf, issuer, LoginWorld } from "./login-world.ts"

/** A matching of the same district, with a list of accounts. */
function matchingOf(world: LoginWorld, accounts: AccountEntry[]): AccountMatching {
  const list = async function* () {
    yield* accounts
  }
  return new AccountMatching({ storage: world.storage, accounts: { list }, clock: world.roster.now })
}

async function openReviews(matching: AccountMatching): Promise<Review[]> {
  const reviews: Review[] = []
  for await (const review of matching.reviews({ state: "open" })) reviews.push(review)
  return reviews
}

/** Somebody who has two accounts in the list, of which the app's own search knows one. */
async function startDoubtful(storage: (typeof storageNames)[number]) {
  const world = await LoginWorld.start({ storage })
  const user = world.someone("student", "sis_id")
  const sisId = String(user.roles?.student?.sis_id)
  const entries: AccountEntry[] = [
    { accountId: "a1", sisId },
    { accountId: "a2", sisId },
  ]
  const matching = matchingOf(world, entries)
  await matching.match({ districtId: world.districtId })
  const [review] = (await openReviews(matching)) as [Review]
  return { world, user, matching, review, entries }
}

describe.each(storageNames)("S26 logins and what people have decided, on %s", (storage) => {
  it("S26 an open review makes the login ambiguous, whatever the app finds by itself", async () => {
    const { world, user } = await startDoubtful(storage)
    const expected = {
      outcome: "ambiguous",
      code: "LOGIN_AMBIGUOUS",
      candidates: ["a1", "a2"],
      field: null,
      detail: null,
      record: { id: user.id },
    }
    expect(await world.resolve(identityOf(user))).toMatchObject(expected)
    world.account("a1", user, "student", "sis_id")
    expect(await world.resolve(identityOf(user))).toMatchObject(expected)
    expect(world.accounts.asked.length).toBe(0)
    // Of an app that has no search at all, too.
    expect(await world.resolve(identityOf(user), { accounts: {} })).toMatchObject(expected)
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([])
  })

  it("S26 the account that was decided on is the login's", async () => {
    const { world, user, matching, review } = await startDoubtful(storage)
    await matching.decide(review.id, { link: "a2", by: "ada" })
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "linked",
      accountId: "a2",
      link: { linkedBy: "review:ada" },
    })
  })

  it("S26 what was kept apart is not offered again: not alone, not beside others, not by e-mail", async () => {
    const { world, user, matching, review } = await startDoubtful(storage)
    await matching.decide(review.id, { keepApart: true, by: "ada" })
    const { accounts } = world
    world.account("a1", user, "student", "sis_id")
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "linked",
      accountId: null,
      link: null,
    })
    world.account("a3", user, "student", "sis_id")
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "ambiguous", candidates: ["a3"] })
    accounts.accounts.splice(0)
    const email = "someone@d.example"
    accounts.accounts.push({ id: "a2", fields: { email }, emailVerified: true })
    const identity = identityOf(user, { email, emailVerified: true })
    for (const linkPolicy of ["when-both-verified", () => undefined] as const) {
      expect(await world.resolve(identity, { linkPolicy })).toMatchObject({
        outcome: "linked",
        accountId: null,
      })
    }
    accounts.accounts.push({ id: "a4", fields: { email }, emailVerified: true })
    const linkPolicy = "when-both-verified"
    expect(await world.resolve(identity, { linkPolicy })).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a4"],
    })
    const offered: unknown[] = []
    await world.resolve(identity, {
      linkPolicy: ({ candidates }) => {
        offered.push(candidates)
        return undefined
      },
    })
    expect(offered).toEqual([["a4"]])
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([])
    // Whoever proves that it is theirs all the same has decided so.
    const proof = {
      kind: "password",
      accountId: "a1",
      at: new Date(world.roster.now()).toISOString(),
    } as const
    expect(await world.resolver().linkAccount({ identity, accountId: "a1", proof })).toMatchObject({
      accountId: "a1",
    })
  })

  it("S26 a review whose candidates are all somebody else's by now is no obstacle", async () => {
    const { world, user } = await startDoubtful(storage)
    const link = { issuer, districtId: null, linkedAt: "2026-01-01T00:00:00.000Z", linkedBy: "test" }
    await world.storage.claimLink({ ...link, cleverId: "one", accountId: "a1" })
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "ambiguous", candidates: ["a2"] })
    await world.storage.claimLink({ ...link, cleverId: "two", accountId: "a2" })
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "linked", accountId: null })
  })

  it("S26 an account linked by hand at a login closes the review, and the other way round", async () => {
    const { world, user, matching, review } = await startDoubtful(storage)
    const proof = {
      kind: "password",
      accountId: "a9",
      at: new Date(world.roster.now()).toISOString(),
    } as const
    await world.resolver().linkAccount({ identity: identityOf(user), accountId: "a9", proof })
    expect(await matching.review(review.id)).toMatchObject({ state: "closed" })
    expect(await codeOf(matching.decide(review.id, { link: "a1", by: "ada" }))).toBe("REVIEW_NOT_OPEN")
    await world.resolver().unlinkAccount({ issuer, cleverId: user.id, by: "ada" })
    await matching.decide(review.id, { link: "a1", by: "ada" })
    const late = world.resolver().linkAccount({ identity: identityOf(user), accountId: "a9", proof })
    expect(await codeOf(late)).toBe("LINK_CONFLICT")
  })

  it("S26 people without a review log in as ever, at the cost of two lookups", async () => {
    const { world } = await startDoubtful(storage)
    const [, other] = world.users("student") as [User, User]
    let lookups = 0
    world.roster.hooks.beforeCall = async (method) => {
      if (method === "getDocument") lookups++
    }
    world.account("b1", other, "student", "sis_id")
    expect(await world.resolve(identityOf(other))).toMatchObject({ outcome: "linked", accountId: "b1" })
    expect(lookups).toBe(2)
    await world.resolve(identityOf(other))
    expect(lookups).toBe(2)
  })
})

describe.each(storageNames)("S27 logins of people with a new Clever id, on %s", (storage) => {
  const start = async (linked: boolean) => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const entries: AccountEntry[] = []
    const matching = matchingOf(world, entries)
    await matching.matchNewcomers({ districtId: world.districtId })
    if (linked) {
      world.account("a1", user, "student", "sis_id")
      expect(await world.resolve(identityOf(user))).toMatchObject({ accountId: "a1" })
    }
    const newId = world.roster.district.reissueIds({ ids: [user.id] }).get(user.id)
    await world.roster.delta()
    await matching.matchNewcomers({ districtId: world.districtId })
    const renamed = world.users("student").find(({ id }) => id === newId) as User
    const [review] = (await openReviews(matching)) as [Review]
    return { world, user, renamed, matching, review }
  }

  it("S27 wait for a person to say whose account it is", async () => {
    const { world, user, renamed, matching, review } = await start(true)
    expect(await world.resolve(identityOf(renamed))).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a1"],
      record: { id: renamed.id },
    })
    await matching.decide(review.id, { link: user.id, by: "ada" })
    expect(await world.resolve(identityOf(renamed))).toMatchObject({ outcome: "linked", accountId: "a1" })
  })

  it("S27 begin without an account once somebody said that it is another person", async () => {
    const { world, renamed, matching, review } = await start(true)
    await matching.decide(review.id, { keepApart: true, by: "ada" })
    expect(await world.resolve(identityOf(renamed))).toMatchObject({ outcome: "linked", accountId: null })
    expect(await world.storage.listLinks({ limit: 10 })).toMatchObject([{ accountId: "a1" }])
  })

  it("S27 go on at once where no account is at stake; an account that fits is for a person to decide", async () => {
    const { world, renamed, matching, review } = await start(false)
    expect(await world.resolve(identityOf(renamed))).toMatchObject({ outcome: "linked", accountId: null })
    world.account("a1", renamed, "student", "sis_id")
    expect(await world.resolve(identityOf(renamed))).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a1"],
    })
    await matching.decide(review.id, { keepApart: true, by: "ada" })
    expect(await world.resolve(identityOf(renamed))).toMatchObject({ outcome: "linked", accountId: "a1" })
  })
})

describe("S26 roles and e-mail addresses at a login", () => {
  it("S26 an e-mail address matches by the roles that the person has", async () => {
    const world = await LoginWorld.start()
    const contact = world.roster.district.add("user", { email: "parent@d.example", roles: { contact: {} } })
    await world.roster.delta()
    const user = world.users("contact").find(({ id }) => id === contact) as User
    world.accounts.accounts.push({ id: "a1", fields: { email: "parent@d.example" } })
    expect(await world.resolve(identityOf(user), { matchEmail: true })).toMatchObject({ accountId: null })
    expect(world.accounts.asked.map(({ field }) => field)).not.toContain("email")
  })

  it("S26 of many accounts that are somebody else's none hides the rest", async () => {
    const world = await LoginWorld.start()
    const user = world.someone("student", "sis_id")
    for (let index = 0; index < 24; index++) world.account(`a${index}`, user, "student", "sis_id")
    const link = { issuer, districtId: null, linkedAt: "2026-01-01T00:00:00.000Z", linkedBy: "test" }
    for (let index = 0; index < 19; index++) {
      await world.storage.claimLink({ ...link, cleverId: `other-${index}`, accountId: `a${index}` })
    }
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a19", "a20", "a21", "a22", "a23"],
    })
  })
})

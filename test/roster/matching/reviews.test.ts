import { describe, expect, it } from "vitest"
import {
  type AccountEntry,
  AccountMatching,
  type Review,
  type ReviewChoice,
} from "../../../src/entries/accounts.ts"
import type { User } from "../../../src/index.ts"
import { codeOf, storageNames } from "../../support/roster-world.ts"
import { heldBy, issuer, MatchingWorld } from "./matching-world.ts"

/** Somebody whose two accounts can't be told apart. */
async function startDoubtful(storage: (typeof storageNames)[number]): Promise<{
  world: MatchingWorld
  user: User
  review: Review
}> {
  const world = await MatchingWorld.start({ storage })
  const user = world.someone("student", "sis_id")
  world.account("a1", user, "student", "sis_id")
  world.account("a2", user, "student", "sis_id")
  await world.match()
  return { world, user, review: await world.review() }
}

describe.each(storageNames)("S26 deciding what matching could not, on %s", (storage) => {
  it("S26 a person links one of the candidates, once", async () => {
    const { world, user, review } = await startDoubtful(storage)
    world.roster.clock.advance(1_000)
    const at = new Date(world.roster.now()).toISOString()
    const decided = await world.matching.decide(review.id, { link: "a2", by: "ada" })
    expect(decided).toEqual({ ...review, state: "linked", decision: { by: "ada", at, link: "a2" } })
    expect(await world.matching.review(review.id)).toEqual(decided)
    expect(await world.storage.getLink({ issuer, cleverId: user.id })).toMatchObject({
      accountId: "a2",
      districtId: world.districtId,
      linkedBy: "review:ada",
    })
    expect(world.audited).toEqual([
      {
        type: "link",
        at,
        kind: "user",
        districtId: world.districtId,
        cleverId: user.id,
        accountId: "a2",
        by: "ada",
        from: null,
      },
      {
        type: "review-decided",
        at,
        districtId: world.districtId,
        reviewId: review.id,
        by: "ada",
        link: "a2",
      },
    ])
    for (const choice of [{ link: "a1" }, { link: "a2" }, { keepApart: true }] as const) {
      const again = world.matching.decide(review.id, { ...choice, by: "bob" } as ReviewChoice)
      expect(await codeOf(again)).toBe("REVIEW_NOT_OPEN")
    }
    const written = await world.written()
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0, reviewsClosed: 0 })
    expect(await world.written()).toEqual(written)
  })

  it("S26 a person keeps all candidates apart, and is not asked about them again, whatever is imported", async () => {
    const { world, user, review } = await startDoubtful(storage)
    const decided = await world.matching.decide(review.id, { keepApart: true, by: "ada" })
    expect(decided).toMatchObject({ state: "kept-apart", decision: { by: "ada", link: null } })
    world.roster.district.unshare({ ids: [user.id] })
    await world.roster.delta()
    await world.match()
    world.roster.district.reshare({ everything: true })
    await world.roster.delta()
    await world.roster.bulk()
    for (const matched of [await world.match(), await world.newcomers()]) {
      expect(matched).toMatchObject({ linked: 0, reviewsOpened: 0 })
    }
    expect(await world.links()).toEqual({})
    expect(await world.review("kept-apart")).toMatchObject({ candidates: ["a1", "a2"] })
    expect(await world.reviews({ state: "open" })).toEqual([])

    // Even when one of them would be the only one; and a new candidate beside them is for somebody to decide.
    world.accounts.shift()
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0 })
    world.account("a3", user, "student", "sis_id")
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({ candidates: ["a3"], reason: "several-accounts" })
    await world.matching.decide(review.id, { link: "a3", by: "ada" })
    expect(await world.links()).toEqual({ [user.id]: "a3" })
  })

  it("S26 what is kept apart does not hide a later matcher", async () => {
    const { world, user, review } = await startDoubtful(storage)
    await world.matching.decide(review.id, { keepApart: true, by: "ada" })
    const stateId = "state-of-one"
    world.roster.district.edit("user", user.id, (record) => {
      ;(record.roles as { student: Record<string, string> }).student.state_id = stateId
    })
    await world.roster.delta()
    world.accounts.push({ accountId: "a3", stateId })
    expect(await world.match()).toMatchObject({ linked: 1, linkedBy: { state_id: 1 } })
    expect(await world.links()).toEqual({ [user.id]: "a3" })
    // It was decided, and stays to be read as that.
    expect(await world.matching.review(review.id)).toMatchObject({ state: "kept-apart" })
  })

  it("S26 one of two who are asked about an account gets it, and the other's review closes", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const twin = world.twin("student", "sis_id", heldBy(user, "student", "sis_id"))
    await world.roster.delta()
    world.account("a1", user, "student", "sis_id")
    await world.match()
    const [one, two] = (await world.reviews({ state: "open" })) as [Review, Review]
    await world.matching.decide(one.id, { keepApart: true, by: "ada" })
    // The other one is not linked because of that.
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0, reviewsClosed: 0 })
    await world.matching.decide(two.id, { link: "a1", by: "ada" })
    expect(await world.links()).toEqual({ [two.cleverId]: "a1" })
    expect([one.cleverId, two.cleverId].sort()).toEqual([user.id, twin].sort())

    await world.storage.deleteLinks({ accountId: "a1" })
    const third = world.twin("student", "sis_id", heldBy(user, "student", "sis_id"))
    await world.roster.delta()
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 2 })
    const open = await world.reviews({ state: "open" })
    expect(open.map(({ cleverId }) => cleverId)).toEqual([two.cleverId, third].sort())
    const [first] = open as [Review, Review]
    await world.matching.decide(first.id, { link: "a1", by: "ada" })
    expect(await world.reviews({ state: "open" })).toEqual([])
    expect(await world.match()).toMatchObject({ reviewsClosed: 1 })
  })

  it("S26 of many who decide at once one does, and nobody is linked by halves", async () => {
    const { world, user, review } = await startDoubtful(storage)
    const choices: ReviewChoice[] = [
      { link: "a1", by: "ada" },
      { link: "a2", by: "bob" },
      { keepApart: true, by: "cyd" },
      { link: "a1", by: "dan" },
    ]
    const desks = choices.map(() => world.another())
    const answers = await Promise.all(
      choices.map((choice, index) =>
        codeOf((desks[index] as MatchingWorld["matching"]).decide(review.id, choice)),
      ),
    )
    const won = answers.findIndex((answer) => typeof answer === "object")
    expect(answers.filter((answer) => answer === "REVIEW_NOT_OPEN")).toHaveLength(3)
    const choice = choices[won] as ReviewChoice
    expect(await world.matching.review(review.id)).toMatchObject({
      state: choice.link === undefined ? "kept-apart" : "linked",
      decision: { by: choice.by, link: choice.link ?? null },
    })
    expect(await world.links()).toEqual(choice.link === undefined ? {} : { [user.id]: choice.link })
  })

  it("S26 a decision whose process died before the link was made is carried out by whoever comes next", async () => {
    const finishers: ((world: MatchingWorld, id: string) => Promise<unknown>)[] = [
      (world) => world.match(),
      (world, id) => codeOf(world.matching.decide(id, { keepApart: true, by: "bob" })),
    ]
    for (const finish of finishers) {
      const { world, user, review } = await startDoubtful(storage)
      world.roster.hooks.beforeCall = async (method) => {
        if (method === "claimLink") throw new Error("killed")
      }
      await expect(world.matching.decide(review.id, { link: "a2", by: "ada" })).rejects.toThrow("killed")
      world.roster.hooks.beforeCall = async () => {}
      expect(await world.links()).toEqual({})
      expect(await world.matching.review(review.id)).toMatchObject({ state: "open" })
      const finished = await finish(world, review.id)
      if (typeof finished === "string") expect(finished).toBe("REVIEW_NOT_OPEN")
      expect(await world.links()).toEqual({ [user.id]: "a2" })
      expect(await world.matching.review(review.id)).toMatchObject({
        state: "linked",
        decision: { by: "ada", link: "a2" },
      })
    }
  })

  it("S26 the same after the link was made and before that was written down", async () => {
    const { world, user, review } = await startDoubtful(storage)
    let writes = 0
    world.roster.hooks.beforeCall = async (method) => {
      if (method === "writeDocuments" && ++writes === 2) throw new Error("killed")
    }
    await expect(world.matching.decide(review.id, { link: "a2", by: "ada" })).rejects.toThrow("killed")
    world.roster.hooks.beforeCall = async () => {}
    expect(await world.links()).toEqual({ [user.id]: "a2" })
    await world.match()
    expect(await world.matching.review(review.id)).toMatchObject({ state: "linked" })
  })

  it("S26 an account that somebody else got a moment ago is a conflict, and the review is open again", async () => {
    const { world, user, review } = await startDoubtful(storage)
    const link = { issuer, districtId: null, linkedAt: "2026-01-01T00:00:00.000Z", linkedBy: "test" }
    world.roster.hooks.beforeCall = async (method) => {
      if (method === "claimLink")
        await world.storage.claimLink({ ...link, cleverId: "other", accountId: "a2" })
    }
    expect(await codeOf(world.matching.decide(review.id, { link: "a2", by: "ada" }))).toBe("LINK_CONFLICT")
    world.roster.hooks.beforeCall = async () => {}
    expect(await world.links()).toEqual({ other: "a2" })
    expect(await world.review()).toMatchObject({ candidates: ["a1"], decision: null })
    expect(await codeOf(world.matching.decide(review.id, { link: "a2", by: "ada" }))).toBe("INVALID_OPTIONS")
    await world.matching.decide(review.id, { link: "a1", by: "ada" })
    expect(await world.links()).toEqual({ other: "a2", [user.id]: "a1" })
  })

  it("S26 refuses what is no review, no candidate, and nobody's decision", async () => {
    const { world, review } = await startDoubtful(storage)
    const decide = (id: string, choice: ReviewChoice) => codeOf(world.matching.decide(id, choice))
    expect(await decide("unknown", { link: "a1", by: "ada" })).toBe("REVIEW_NOT_FOUND")
    expect(await codeOf(world.matching.review("unknown"))).toBe("REVIEW_NOT_FOUND")
    expect(await decide(review.id, { link: "a3", by: "ada" })).toBe("INVALID_OPTIONS")
    expect(await decide(review.id, { link: "a1", by: "" })).toBe("INVALID_OPTIONS")
    for (const choice of [{}, { keepApart: false }, { link: "a1", keepApart: true }, { link: null }]) {
      expect(await decide(review.id, { ...choice, by: "ada" } as never)).toBe("INVALID_OPTIONS")
    }
    expect(await world.review()).toEqual(review)
  })

  it("S26 who says by whom it is decided can't forge a line of a log", async () => {
    const { world, review } = await startDoubtful(storage)
    const decided = await world.matching.decide(review.id, { link: "a1", by: "ada\nroot: linked" })
    expect(decided.decision?.by).toBe("ada?root: linked")
    expect(JSON.stringify(world.audited)).not.toContain("\\n")
  })
})

describe.each(storageNames)("S26 reviews that settle themselves, on %s", (storage) => {
  it("S26 close when the person is linked otherwise, at once, and open again when that is taken back", async () => {
    const { world, user, review } = await startDoubtful(storage)
    const link = { issuer, cleverId: user.id, districtId: null, linkedAt: "2026-01-01T00:00:00.000Z" }
    await world.storage.claimLink({ ...link, accountId: "by hand", linkedBy: "proof:password" })
    expect(await world.review("closed")).toEqual({ ...review, state: "closed" })
    expect(await codeOf(world.matching.decide(review.id, { link: "a1", by: "ada" }))).toBe("REVIEW_NOT_OPEN")
    expect(await world.match()).toMatchObject({ reviewsClosed: 1 })
    expect(await world.match()).toMatchObject({ reviewsClosed: 0 })
    await world.storage.deleteLinks({ issuer, cleverId: user.id })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({ candidates: ["a1", "a2"] })
  })

  it("S26 close when the person is archived, and open again when they come back", async () => {
    const { world, user, review } = await startDoubtful(storage)
    world.roster.district.remove("user", user.id)
    await world.roster.delta()
    expect(await world.review("closed")).toMatchObject({ id: review.id })
    expect(await codeOf(world.matching.decide(review.id, { keepApart: true, by: "ada" }))).toBe(
      "REVIEW_NOT_OPEN",
    )
    expect(await world.match()).toMatchObject({ reviewsClosed: 1 })
    world.roster.district.add("user", user as never)
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ scope: "newcomers", reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({ id: review.id, candidates: ["a1", "a2"] })
  })

  it("S26 close when no candidate is left, and follow the candidates while some are", async () => {
    const { world, user, review } = await startDoubtful(storage)
    world.account("a0", user, "student", "sis_id")
    world.roster.clock.advance(1_000)
    expect(await world.match()).toMatchObject({ reviewsOpened: 0 })
    expect(await world.review()).toEqual({ ...review, candidates: ["a0", "a1", "a2"] })
    const accounts = world.accounts
    world.accounts = []
    expect(await world.match()).toMatchObject({ reviewsClosed: 1 })
    expect(await world.review("closed")).toMatchObject({ id: review.id })
    world.accounts = accounts.slice(0, 1)
    expect(await world.match()).toMatchObject({ linked: 1, reviewsOpened: 0 })
  })

  it("S26 stay open if nobody was asked for accounts", async () => {
    const { world, review } = await startDoubtful(storage)
    const matching = new AccountMatching({ storage: world.storage })
    expect(await matching.match({ districtId: world.districtId })).toMatchObject({ reviewsClosed: 0 })
    expect(await world.review()).toEqual(review)
  })
})

describe.each(storageNames)("S26 keeping apart without a review, on %s", (storage) => {
  it("S26 a link that was wrong is removed and not made again", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id", "state_id")
    world.account("a1", user, "student", "sis_id")
    await world.match()
    await world.storage.deleteLinks({ accountId: "a1" })
    const wrong = { districtId: world.districtId, cleverId: user.id, accountId: "a1", by: "ada" }
    await world.matching.keepApart(wrong)
    await world.matching.keepApart(wrong)
    expect(world.audited.at(-1)).toMatchObject({ type: "kept-apart", accountId: "a1", by: "ada" })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0 })
    expect(await world.review("kept-apart")).toMatchObject({
      cleverId: user.id,
      candidates: ["a1"],
      decision: { by: "ada", link: null },
    })
    world.account("a2", user, "student", "state_id")
    expect(await world.match()).toMatchObject({ linked: 1 })
  })

  it("S26 takes one candidate out of an open review, and decides it with the last", async () => {
    const { world, user, review } = await startDoubtful(storage)
    const subject = { districtId: world.districtId, cleverId: user.id, by: "ada" }
    await world.matching.keepApart({ ...subject, accountId: "a1" })
    expect(await world.review()).toEqual({ ...review, candidates: ["a2"] })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0 })
    expect(await world.review()).toMatchObject({ candidates: ["a2"] })
    await world.matching.keepApart({ ...subject, accountId: "a2" })
    expect(await world.review("kept-apart")).toMatchObject({ id: review.id })
  })

  it("S26 the same of a school", async () => {
    const world = await MatchingWorld.start({ storage })
    const [schoolId = ""] = world.roster.ids("school")
    world.roster.district.edit("school", schoolId, { mdr_number: "M1" })
    await world.roster.delta()
    world.accounts = [{ kind: "school", accountId: "1", mdrNumber: "M1" } satisfies AccountEntry]
    const wrong = {
      districtId: world.districtId,
      kind: "school",
      cleverId: schoolId,
      accountId: "1",
    } as const
    await world.matching.keepApart({ ...wrong, by: "ada" })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0 })
  })
})

describe.each(storageNames)("S26 the list of reviews, on %s", (storage) => {
  it("S26 is in ascending id, by district, type and state, and goes on after any", async () => {
    const world = await MatchingWorld.start({ storage, users: 120 })
    const students = world.some("student", "sis_id")
    for (const [index, user] of students.entries()) {
      world.account(`a${index}`, user, "student", "sis_id")
      world.account(`b${index}`, user, "student", "sis_id")
    }
    const [schoolId = ""] = world.roster.ids("school")
    world.roster.district.edit("school", schoolId, { mdr_number: "M1" })
    await world.roster.delta()
    for (const accountId of ["1", "2"]) world.accounts.push({ kind: "school", accountId, mdrNumber: "M1" })
    await world.match()
    const all = await world.reviews()
    expect(all.length).toBeGreaterThan(students.length / 2)
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort())
    const decided = all.filter((_, index) => index % 3 === 0)
    for (const { id } of decided) await world.matching.decide(id, { keepApart: true, by: "ada" })
    const { districtId } = world
    const ids = async (query: Parameters<MatchingWorld["reviews"]>[0]) =>
      (await world.reviews(query)).map(({ id }) => id)
    const expected = all.map(({ id }) => id)
    const open = expected.filter((id) => !decided.some((one) => one.id === id))
    expect(await ids({ districtId })).toEqual(expected)
    expect(await ids({ districtId: "another" })).toEqual([])
    expect(await ids({ state: "open" })).toEqual(open)
    expect(await ids({ state: "kept-apart", districtId })).toEqual(decided.map(({ id }) => id))
    const schools = expected.filter((id) => id.includes(":school:"))
    expect(schools).toHaveLength(1)
    expect(await ids({ type: "school" })).toEqual(schools)
    expect(await ids({ type: "school", districtId })).toEqual(schools)
    for (const at of [0, 1, Math.floor(open.length / 2), open.length - 1]) {
      expect(await ids({ state: "open", after: open[at] })).toEqual(open.slice(at + 1))
    }
  })
})

import { describe, expect, it } from "vitest"
import type { Role, User } from "../../../src/index.ts"
import { codeOf, storageNames } from "../../support/roster-world.ts"
import { seed } from "../../support/seed.ts"
import { heldBy, issuer, MatchingWorld } from "./matching-world.ts"

const idFields: [Role, "sis_id" | "staff_id"][] = [
  ["student", "sis_id"],
  ["teacher", "sis_id"],
  ["staff", "staff_id"],
  ["contact", "sis_id"],
]

/** Gives somebody an account, and then a new Clever id. */
async function startReissued(storage: (typeof storageNames)[number]): Promise<{
  world: MatchingWorld
  user: User
  newId: string
}> {
  const world = await MatchingWorld.start({ storage })
  const user = world.someone("student", "sis_id")
  world.account("a1", user, "student", "sis_id")
  await world.newcomers()
  const newId = world.roster.district.reissueIds({ ids: [user.id] }).get(user.id) as string
  await world.roster.delta()
  return { world, user, newId }
}

/** The former ids that open reviews name, by the new one. */
async function reported(world: MatchingWorld): Promise<Record<string, readonly string[]>> {
  const open = await world.reviews({ state: "open", type: "reissued" })
  return Object.fromEntries(open.map(({ cleverId, candidates }) => [cleverId, candidates]))
}

describe.each(storageNames)("S27 people with a new Clever id, on %s", (storage) => {
  it.each(idFields)(
    "S27 a %s with the %s of somebody archived is reported, and merged with nobody",
    async (role, field) => {
      const world = await MatchingWorld.start({ storage })
      await world.newcomers()
      const user = world.someone(role, field)
      const newId = world.roster.district.reissueIds({ ids: [user.id] }).get(user.id) as string
      await world.roster.delta()
      const before = await world.roster.stored()
      expect(await world.newcomers()).toMatchObject({ reissued: 1, linked: 0 })
      const review = await world.review()
      expect(review).toMatchObject({
        id: `${world.districtId}:reissued:${newId}`,
        type: "reissued",
        cleverId: newId,
        reason: "possibly-reissued",
        candidates: [user.id],
      })
      // Who has several roles is known by the first of them.
      expect(heldBy(user, review.role as Role, review.field as string)).not.toBe("")
      expect(await world.roster.stored()).toEqual(before)
      const written = await world.written()
      expect(await world.newcomers()).toMatchObject({ reissued: 0, reviewsOpened: 0 })
      expect(await world.match()).toMatchObject({ reissued: 0, reviewsClosed: 0 })
      expect(await world.written()).toEqual(written)
    },
  )

  it("S27 the same value in another role, or of somebody who is still there, is no re-issue", async () => {
    const world = await MatchingWorld.start({ storage })
    await world.newcomers()
    const [gone, there] = world.some("student", "sis_id") as [User, User]
    world.roster.district.remove("user", gone.id)
    world.twin("teacher", "sis_id", heldBy(gone, "student", "sis_id"))
    world.twin("student", "sis_id", heldBy(there, "student", "sis_id"))
    world.twin("student", "sis_id", "nobody had this")
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ reissued: 0 })
  })

  it("S27 is reported as well if the former record goes only with a later import", async () => {
    const world = await MatchingWorld.start({ storage })
    await world.newcomers()
    const [user, veteran] = world.some("student", "sis_id") as [User, User]
    world.roster.clock.advance(1_000)
    const at = new Date(world.roster.now()).toISOString()
    const sisId = heldBy(user, "student", "sis_id")
    const newId = world.roster.district.add("user", { created: at, roles: { student: { sis_id: sisId } } })
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ reissued: 0 })
    world.roster.district.remove("user", user.id)
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ reissued: 1 })
    expect(await reported(world)).toEqual({ [newId]: [user.id] })
    // Of two who have long been there, the one who stays has not got a new id because the other goes.
    const younger = world.roster.district.add("user", {
      created: at,
      roles: { student: { sis_id: heldBy(veteran, "student", "sis_id") } },
    })
    await world.roster.delta()
    await world.newcomers()
    world.roster.district.remove("user", younger)
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ reissued: 0 })
  })

  it("S27 is reported as well if the scope does not keep when a record was made", async () => {
    const scope = { fields: { user: ["name"], student: ["sis_id"] } }
    const world = await MatchingWorld.start({ storage, roster: { scope } })
    const user = world.someone("student", "sis_id")
    const sisId = heldBy(user, "student", "sis_id")
    await world.newcomers()
    const newId = world.roster.district.add("user", { roles: { student: { sis_id: sisId } } })
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ reissued: 0 })
    world.roster.district.remove("user", user.id)
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ reissued: 1 })
    expect(await reported(world)).toEqual({ [newId]: [user.id] })
  })

  it("S27 is not asked about on a first import, and found afterwards in all imports since the last look", async () => {
    const world = await MatchingWorld.start({ storage })
    const [user, other] = world.some("student", "sis_id") as [User, User]
    let lookups = 0
    world.roster.hooks.beforeCall = async (method) => {
      if (method === "findRecords") lookups++
    }
    await world.newcomers()
    expect(lookups).toBe(0)
    const ids: Record<string, string[]> = {}
    for (const { id } of [user, other]) {
      ids[world.roster.district.reissueIds({ ids: [id] }).get(id) as string] = [id]
      await world.roster.delta()
    }
    expect(await world.newcomers()).toMatchObject({ reissued: 2 })
    expect(await reported(world)).toEqual(ids)
  })

  it("S27 a person says that it is the same one: the account comes along to the new id", async () => {
    const { world, user, newId } = await startReissued(storage)
    expect(await world.newcomers()).toMatchObject({ reissued: 1, linked: 0 })
    expect(await world.links()).toEqual({ [user.id]: "a1" })
    const { id } = await world.review()
    world.audited.length = 0
    const decided = await world.matching.decide(id, { link: user.id, by: "ada" })
    expect(decided).toMatchObject({ state: "linked", decision: { by: "ada", link: user.id } })
    expect(await world.storage.listLinks({ limit: 10 })).toMatchObject([
      { cleverId: newId, accountId: "a1", districtId: world.districtId, linkedBy: "match:sis_id" },
    ])
    expect(world.audited).toMatchObject([
      { type: "link", kind: "user", cleverId: newId, accountId: "a1", from: user.id, by: "ada" },
      { type: "review-decided", reviewId: id, link: user.id, by: "ada" },
    ])
    // Whatever comes next, it was said for good.
    world.roster.district.unshare({ ids: [newId] })
    await world.roster.delta()
    await world.newcomers()
    world.roster.district.reshare({ everything: true })
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ reissued: 0 })
    expect(await world.match()).toMatchObject({ reissued: 0, reviewsOpened: 0 })
    expect(await world.matching.review(id)).toMatchObject({ state: "linked" })
  })

  it("S27 a person says that it is another one: nothing moves, and it is not asked again", async () => {
    const { world, user, newId } = await startReissued(storage)
    await world.newcomers()
    const { id } = await world.review()
    expect(await world.matching.decide(id, { keepApart: true, by: "ada" })).toMatchObject({
      state: "kept-apart",
    })
    expect(await world.links()).toEqual({ [user.id]: "a1" })
    world.roster.district.unshare({ ids: [newId] })
    await world.roster.delta()
    world.roster.district.reshare({ everything: true })
    await world.roster.delta()
    await world.roster.bulk()
    expect(await world.newcomers()).toMatchObject({ reissued: 0 })
    expect(await reported(world)).toEqual({})
    // Somebody else who was archived with that number is a question of its own.
    const third = world.twin("student", "sis_id", heldBy(user, "student", "sis_id"))
    await world.roster.delta()
    await world.newcomers()
    world.roster.district.remove("user", newId)
    await world.roster.delta()
    await world.newcomers()
    expect(await reported(world)).toEqual({ [third]: [user.id, newId].sort() })
  })

  it("S27 without any link there is nothing to move, and it is settled all the same", async () => {
    const world = await MatchingWorld.start({ storage })
    await world.newcomers()
    const user = world.someone("student", "sis_id")
    world.roster.district.reissueIds({ ids: [user.id] })
    await world.roster.delta()
    await world.newcomers()
    const { id } = await world.review()
    expect(await world.matching.decide(id, { link: user.id, by: "ada" })).toMatchObject({ state: "linked" })
    expect(await world.links()).toEqual({})
    expect(world.audited).toMatchObject([{ type: "review-decided" }])
    expect(await world.match()).toMatchObject({ reviewsOpened: 0 })
    expect(await world.reviews({ state: "open" })).toEqual([])
  })

  it("S27 while it is open, no matcher links the new id; once it is another person, they do", async () => {
    const world = await MatchingWorld.start({ storage })
    await world.newcomers()
    const user = world.someone("student", "sis_id", "state_id")
    const newId = world.roster.district.reissueIds({ ids: [user.id] }).get(user.id) as string
    await world.roster.delta()
    world.account("a1", user, "student", "state_id")
    expect(await world.newcomers()).toMatchObject({ reissued: 1, linked: 0, reviewsOpened: 1 })
    const [account, reissue] = await world.reviews({ state: "open" })
    expect(account).toMatchObject({ type: "account", reason: "possibly-reissued", candidates: ["a1"] })
    await world.matching.decide(reissue?.id ?? "", { keepApart: true, by: "ada" })
    expect(await world.match()).toMatchObject({ linked: 1, reviewsClosed: 1 })
    expect(await world.links()).toEqual({ [newId]: "a1" })
  })

  it("S27 closes when the former person comes back, when the new one goes, and when either is linked otherwise", async () => {
    const { world, user, newId } = await startReissued(storage)
    await world.newcomers()
    const { id } = await world.review()
    world.roster.district.add("user", user as never)
    await world.roster.delta()
    expect(await world.matching.review(id)).toMatchObject({ state: "closed" })
    world.roster.district.remove("user", user.id)
    await world.roster.delta()
    expect(await world.matching.review(id)).toMatchObject({ state: "open" })
    world.roster.district.unshare({ ids: [newId] })
    await world.roster.delta()
    expect(await world.matching.review(id)).toMatchObject({ state: "closed" })
    expect(await world.match()).toMatchObject({ reviewsClosed: 1 })
    world.roster.district.reshare({ everything: true })
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ reissued: 1 })
    const link = { issuer, districtId: null, linkedAt: "2026-01-01T00:00:00.000Z", linkedBy: "test" }
    await world.storage.claimLink({ ...link, cleverId: newId, accountId: "own" })
    expect(await world.matching.review(id)).toMatchObject({ state: "closed" })
    expect(await codeOf(world.matching.decide(id, { link: user.id, by: "ada" }))).toBe("REVIEW_NOT_OPEN")
  })

  it("S27 two accounts, one of each id, are a conflict", async () => {
    const { world, user, newId } = await startReissued(storage)
    await world.newcomers()
    const { id } = await world.review()
    const link = { issuer, districtId: null, linkedAt: "2026-01-01T00:00:00.000Z", linkedBy: "test" }
    world.roster.hooks.beforeCall = async (method) => {
      if (method === "moveLink") await world.storage.claimLink({ ...link, cleverId: newId, accountId: "own" })
    }
    expect(await codeOf(world.matching.decide(id, { link: user.id, by: "ada" }))).toBe("LINK_CONFLICT")
    expect(await world.links()).toEqual({ [user.id]: "a1", [newId]: "own" })
  })

  it("S27 a change of school year reports nobody", async () => {
    const world = await MatchingWorld.start({ storage, users: 200 })
    await world.newcomers()
    for (const mode of ["replace", "reuse"] as const) {
      world.roster.district.rollover({ mode })
      const run = await world.roster.bulk()
      expect(run.counts.user.created).toBeGreaterThan(0)
      expect(run.counts.user.archived).toBeGreaterThan(0)
      const expected = await newNamesakes(world)
      expect(expected).toEqual({})
      expect(await world.newcomers()).toMatchObject({ reissued: 0 })
    }
  })

  it("S27 S13 many days of a district: exactly those are reported who took over somebody's number", async () => {
    const world = await MatchingWorld.start({ storage, users: 80, index: seed() % 97 })
    await world.newcomers()
    const expected: Record<string, string[]> = {}
    for (let day = 0; day < 25; day++) {
      const before = new Map((await stored(world)).map(({ user, state }) => [user.id, state]))
      world.roster.district.nextDay({ intensity: 3 })
      const people = [...world.users("contact").slice(0, 2), ...world.some("student", "sis_id").slice(0, 1)]
      if (day % 4 === 0) world.roster.district.reissueIds({ ids: people.map(({ id }) => id) })
      await world.roster.delta()
      const after = new Map((await stored(world)).map(({ user }) => [user.id, user]))
      const created = (id: string) => Date.parse(after.get(id)?.created ?? "")
      for (const [id, former] of Object.entries(await newNamesakes(world))) {
        const isNew = !before.has(id)
        const hasLeft = former.some((one) => before.get(one) === "active" && created(id) > created(one))
        if (isNew || hasLeft) expected[id] = former
      }
      await world.newcomers()
    }
    const all = await world.reviews({ type: "reissued" })
    const told = Object.fromEntries(all.map(({ cleverId, candidates }) => [cleverId, candidates]))
    expect(Object.keys(expected).length).toBeGreaterThan(3)
    expect(Object.keys(told).sort()).toEqual(Object.keys(expected).sort())
    // Whoever has come back since is no longer named.
    for (const { cleverId, candidates } of all)
      expect(expected[cleverId]).toEqual(expect.arrayContaining([...candidates]))
  })
})

interface Person {
  state: "active" | "archived"
  user: User
}

async function stored(world: MatchingWorld): Promise<Person[]> {
  const list = { districtId: world.districtId, kind: "user" as const, limit: 100_000 }
  const records = await world.storage.listRecords(list)
  return records.map(({ state, data }) => ({ state, user: JSON.parse(data) as User }))
}

/** Active people who have the number of somebody archived in the same role, with those people's ids, by looking at all. */
async function newNamesakes(world: MatchingWorld): Promise<Record<string, string[]>> {
  const people = await stored(world)
  const found: Record<string, string[]> = {}
  for (const { state, user } of people) {
    if (state !== "active") continue
    const former = people.filter(
      (other) =>
        other.state === "archived" &&
        idFields.some(([role, field]) => {
          const value = heldBy(user, role, field)
          return value !== "" && heldBy(other.user, role, field) === value
        }),
    )
    if (former.length > 0) found[user.id] = former.map((other) => other.user.id).sort()
  }
  return found
}

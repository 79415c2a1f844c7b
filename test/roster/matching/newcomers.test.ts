import { setImmediate as nextTurn } from "node:timers/promises"
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import { AccountMatching, type MatchProgress } from "../../../src/entries/accounts.ts"
import type { User } from "../../../src/index.ts"
import type { Run } from "../../../src/storage/contract.ts"
import { codeOf, dayMs, storageNames } from "../../support/roster-world.ts"
import { heldBy, issuer, MatchingWorld } from "./matching-world.ts"

/** A student whom the district did not share before. */
function enrol(world: MatchingWorld, sisId: string): string {
  return world.roster.district.add("user", { roles: { student: { sis_id: sisId } } })
}

describe.each(storageNames)("S26 matching after imports, on %s", (storage) => {
  it("S26 takes everyone the first time, and then whom imports have created or restored", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    world.account("a1", user, "student", "sis_id")
    expect(await world.newcomers()).toMatchObject({ scope: "everyone", linked: 1 })
    // An account that comes later is not looked for among those who were there.
    const [, other] = world.some("student", "sis_id") as [User, User]
    world.account("a2", other, "student", "sis_id")
    world.accounts.push({ accountId: "a3", sisId: "new-3" })
    const three = enrol(world, "new-3")
    await world.roster.delta()
    enrol(world, "new-4")
    await world.roster.delta()
    const result = await world.newcomers()
    expect(result).toMatchObject({
      scope: "newcomers",
      subjects: 2,
      linked: 1,
      accounts: { usable: 3 },
    })
    expect(await world.links()).toEqual({ [user.id]: "a1", [three]: "a3" })
    expect(await world.newcomers()).toMatchObject({ subjects: 0, linked: 0 })

    world.roster.district.unshare({ ids: [other.id] })
    await world.roster.delta()
    await world.newcomers()
    world.roster.district.reshare({ everything: true })
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ subjects: 1, linked: 1 })
    expect(await world.links()).toMatchObject({ [other.id]: "a2" })
  })

  it("S26 S31 whom it has not looked at yet is not purged from the logs, however long ago they came", async () => {
    const world = await MatchingWorld.start({
      storage,
      roster: { retention: { changesDays: 1, archivedDays: 1 } },
    })
    const { roster } = world
    const { districtId } = roster
    await world.newcomers()
    world.accounts.push({ accountId: "a1", sisId: "new-1" }, { accountId: "a2", sisId: "new-2" })
    const ids: string[] = []
    const runs: Run[] = []
    for (const sisId of ["new-1", "new-2"]) {
      ids.push(enrol(world, sisId))
      runs.push(await roster.delta())
      roster.clock.advance(30 * dayMs)
      await roster.bulk()
    }
    const purged = async () =>
      Promise.all(runs.map(async ({ id }) => (await roster.roster.run(id)).changesPurgedAt !== undefined))
    expect(await purged()).toEqual([false, false])
    expect(await world.newcomers()).toMatchObject({ scope: "newcomers", subjects: 2, linked: 2 })
    expect(await world.links()).toEqual({ [ids[0] as string]: "a1", [ids[1] as string]: "a2" })
    await roster.roster.purge({ districtId })
    expect(await purged()).toEqual([true, true])
  })

  it("S26 S31 nothing waits for who matches everyone; who then asks for newcomers gets everyone once more", async () => {
    const world = await MatchingWorld.start({ storage, roster: { retention: { changesDays: 1 } } })
    const { roster } = world
    await world.newcomers()
    await world.match()
    world.accounts.push({ accountId: "a1", sisId: "new-1" })
    const id = enrol(world, "new-1")
    const run = await roster.delta()
    roster.clock.advance(30 * dayMs)
    await roster.bulk()
    expect((await roster.roster.run(run.id)).changesPurgedAt).toBeDefined()
    expect(await world.newcomers()).toMatchObject({ scope: "everyone", linked: 1 })
    expect(await world.links()).toEqual({ [id]: "a1" })
    expect(await world.newcomers()).toMatchObject({ scope: "newcomers", subjects: 0 })
  })

  it("S26 asks nobody for accounts where nobody came", async () => {
    const world = await MatchingWorld.start({ storage })
    await world.newcomers()
    expect(world.listed).toBe(1)
    world.roster.district.edit("user", world.someone("student").id, { email: "new@d.example" })
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ scope: "newcomers", subjects: 0 })
    expect(world.listed).toBe(1)
    enrol(world, "new")
    await world.roster.delta()
    await world.newcomers()
    expect(world.listed).toBe(2)
  })

  it("S26 counts all people of the district, not the newcomers alone", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    await world.newcomers()
    world.account("a1", user, "student", "sis_id")
    const twin = enrol(world, heldBy(user, "student", "sis_id"))
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ linked: 0, reviewsOpened: 1 })
    expect(await world.review()).toMatchObject({ cleverId: twin, reason: "several-people" })
  })

  it("S26 gives newcomers no account that somebody without one is led to by another number", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two] = world.some("student", "sis_id") as [User, User]
    world.account("a2", two, "student", "sis_id")
    await world.newcomers()
    expect(await world.links()).toEqual({ [two.id]: "a2" })
    // Both accounts come to the app after those who were there have been matched.
    world.accounts = [
      { accountId: "a1", sisId: heldBy(one, "student", "sis_id"), stateId: "ST-1" },
      { accountId: "a2 again", sisId: heldBy(two, "student", "sis_id"), stateId: "ST-2" },
    ]
    const student = (state_id: string) => ({ roles: { student: { state_id } } })
    const three = world.roster.district.add("user", student("ST-1"))
    const four = world.roster.district.add("user", student("ST-2"))
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ linked: 1, reviewsOpened: 1 })
    // Whoever has an account has no need of another.
    expect(await world.links()).toEqual({ [two.id]: "a2", [four]: "a2 again" })
    expect(await world.review()).toMatchObject({
      cleverId: three,
      reason: "several-people",
      field: "state_id",
      candidates: ["a1"],
    })
    const { districtId } = world
    await world.matching.keepApart({ districtId, cleverId: one.id, accountId: "a1", by: "ada" })
    expect(await world.match()).toMatchObject({ linked: 1, reviewsClosed: 1 })
    expect(await world.links()).toMatchObject({ [three]: "a1" })
  })

  it("S26 gives newcomers no account that an open review names for somebody else", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const sisId = heldBy(user, "student", "sis_id")
    world.accounts.push({ accountId: "a1", sisId, stateId: "ST-1" }, { accountId: "a1 again", sisId })
    expect(await world.newcomers()).toMatchObject({ scope: "everyone", linked: 0, reviewsOpened: 1 })
    world.roster.district.add("user", { roles: { student: { state_id: "ST-1" } } })
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ scope: "newcomers", linked: 0, reviewsOpened: 1 })
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0, reviewsClosed: 0 })
    expect(await world.links()).toEqual({})
  })

  it("S26 R45 brings along what is linked under a newcomer's older ids", async () => {
    const world = await MatchingWorld.start({ storage })
    await world.newcomers()
    const link = { issuer, districtId: null, linkedAt: "2024-08-01T00:00:00.000Z", linkedBy: "v2" }
    await world.storage.claimLink({ ...link, cleverId: "old-1", accountId: "a1" })
    await world.storage.claimLink({ ...link, cleverId: "old-2", accountId: "a2" })
    const one = world.twin("teacher", "legacy_id", "old-1")
    world.twin("teacher", "legacy_id", "old-2")
    world.twin("staff", "legacy_id", "old-2")
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ linked: 1, conflicts: 2 })
    expect(await world.links()).toEqual({ [one]: "a1", "old-2": "a2" })
  })

  it("S26 a matching that failed is made up for by the next", async () => {
    const world = await MatchingWorld.start({ storage })
    await world.newcomers()
    world.accounts.push({ accountId: "a1", sisId: "new-1" }, { accountId: "a2", sisId: "new-2" })
    const one = enrol(world, "new-1")
    await world.roster.delta()
    const failing = world.another({
      accounts: {
        // biome-ignore lint/correctness/useYield: it fails before it gives anything
        async *list() {
          throw new Error("the app's database is away")
        },
      },
    })
    await expect(failing.matchNewcomers({ districtId: world.districtId })).rejects.toThrow("is away")
    const two = enrol(world, "new-2")
    await world.roster.delta()
    expect(await world.newcomers()).toMatchObject({ subjects: 2, linked: 2 })
    expect(await world.links()).toEqual({ [one]: "a1", [two]: "a2" })
  })

  it("S26 an app without accounts of its own needs no list", async () => {
    const world = await MatchingWorld.start({ storage })
    const matching = new AccountMatching({ storage: world.storage })
    for (const scope of ["everyone", "newcomers"]) {
      expect(await matching.matchNewcomers({ districtId: world.districtId })).toMatchObject({
        scope,
        linked: 0,
        accounts: { usable: 0 },
      })
    }
  })
})

describe.each(storageNames)("S26 matching beside imports and logins, on %s", (storage) => {
  it("S26 begins again if an import is committed meanwhile, so that nobody new is overlooked", async () => {
    for (const interrupted of ["counting", "matching", "linking"] as const) {
      const world = await MatchingWorld.start({ storage })
      const user = world.someone("student", "sis_id")
      world.account("a1", user, "student", "sis_id")
      let twin = ""
      const stages: MatchProgress["stage"][] = []
      const pending: Promise<unknown>[] = []
      world.roster.hooks.beforeCall = async (method) => {
        // The import takes place before the pass goes on.
        if (method !== "getDistrict" && method !== "listRecords" && method !== "claimLink") return
        const now = stages.at(-1)
        if (now !== interrupted || twin !== "") return
        twin = enrol(world, heldBy(user, "student", "sis_id"))
        pending.push(world.roster.delta())
        await pending[0]
      }
      const result = await world.match({ onProgress: ({ stage }) => stages.push(stage) })
      await Promise.all(pending)
      expect(twin).not.toBe("")
      const links = await world.links()
      if (interrupted === "linking") expect([{}, { [user.id]: "a1" }]).toContainEqual(links)
      else {
        expect(links).toEqual({})
        expect(result).toMatchObject({ linked: 0 })
        const open = await world.reviews({ state: "open" })
        expect(open.map(({ cleverId }) => cleverId)).toEqual([twin, user.id].sort())
        expect(stages.filter((stage) => stage === "reading-accounts")).toHaveLength(1)
      }
    }
  })

  it("S26 gives up if imports never let it come to an end", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    world.account("a1", user, "student", "sis_id")
    let imports = 0
    let busy = false
    world.roster.hooks.beforeCall = async (method, [query]) => {
      const isFirstPage = method === "listRecords" && (query as { after?: string }).after === undefined
      if (!isFirstPage || busy) return
      busy = true
      enrol(world, `new-${imports++}`)
      await world.roster.delta()
      busy = false
    }
    expect(await codeOf(world.match())).toBe("PLAN_STALE")
    expect(imports).toBeGreaterThanOrEqual(5)
    expect(await world.links()).toEqual({})
  })

  it("S26 does not touch an import under way, nor wait for it", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    world.account("a1", user, "student", "sis_id")
    const holder = { districtId: world.districtId, holder: "import", ttlMs: 60_000 }
    const { acquired } = await world.storage.acquireLease(holder)
    expect(acquired).toBe(true)
    expect(await world.match()).toMatchObject({ linked: 1 })
    expect(await world.storage.getLease(world.districtId)).toMatchObject({ holder: "import" })
  })

  it("S26 a login that was quicker keeps the account", async () => {
    const world = await MatchingWorld.start({ storage })
    const [one, two] = world.some("student", "sis_id") as [User, User]
    world.account("a1", one, "student", "sis_id")
    const link = { issuer, districtId: null, linkedAt: "2026-01-01T00:00:00.000Z", linkedBy: "login" }
    world.roster.hooks.beforeCall = async (method) => {
      if (method === "claimLink")
        await world.storage.claimLink({ ...link, cleverId: two.id, accountId: "a1" })
    }
    expect(await world.match()).toMatchObject({ linked: 0 })
    expect(await world.links()).toEqual({ [two.id]: "a1" })
    expect(world.audited).toEqual([])
  })

  it("S26 a decision that was quicker counts", async () => {
    const world = await MatchingWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const entry = world.account("a1", user, "student", "sis_id")
    const stages: string[] = []
    let isApart = false
    world.roster.hooks.beforeCall = async (method) => {
      if (method !== "getDistrict" || stages.at(-1) !== "matching" || isApart) return
      isApart = true
      await world.matching.keepApart({
        districtId: world.districtId,
        cleverId: user.id,
        accountId: entry.accountId,
        by: "ada",
      })
    }
    await world.match({ onProgress: ({ stage }) => stages.push(stage) })
    expect(isApart).toBe(true)
    expect(await world.links()).toEqual({})
  })

  it("S26 two matchings at once do what one does", async () => {
    const world = await MatchingWorld.start({ storage })
    const students = world.some("student", "sis_id")
    for (const [index, user] of students.entries()) world.account(`a${index}`, user, "student", "sis_id")
    world.account("b", students[0] as User, "student", "sis_id")
    const results = await Promise.all([
      world.match(),
      world.another().match({ districtId: world.districtId }),
    ])
    const links = await world.links()
    expect(results.reduce((sum, { linked }) => sum + linked, 0)).toBe(Object.keys(links).length)
    const written = await world.written()
    expect(await world.match()).toMatchObject({ linked: 0, reviewsOpened: 0, reviewsClosed: 0 })
    expect(await world.written()).toEqual(written)
    expect(await world.review()).toMatchObject({ cleverId: students[0]?.id, candidates: ["a0", "b"] })
  })

  it("S26 ends when told to, and goes on from there the next time", async () => {
    for (const stage of ["reading-accounts", "counting", "matching", "linking"] as const) {
      const world = await MatchingWorld.start({ storage })
      const students = world.some("student", "sis_id")
      for (const [index, user] of students.entries()) world.account(`a${index}`, user, "student", "sis_id")
      const controller = new AbortController()
      const onProgress = (progress: MatchProgress) => {
        if (progress.stage === stage) controller.abort()
      }
      const aborted = await codeOf(world.match({ signal: controller.signal, onProgress }))
      // What is begun in the last page of all comes to its end.
      if (stage !== "linking") expect(aborted).toBe("ABORTED")
      if (stage !== "linking") expect(await world.links()).toEqual({})
      await world.match()
      expect(Object.keys(await world.links())).toHaveLength(
        new Set(students.map((one) => heldBy(one, "student", "sis_id"))).size,
      )
    }
  })

  it("S26 tells how far it is, and lets other work go on", async () => {
    const world = await MatchingWorld.start({ storage, users: 1_200 })
    for (const [index, user] of world.some("student", "sis_id").entries()) {
      world.account(`a${index}`, user, "student", "sis_id")
    }
    const progress: MatchProgress[] = []
    let turns = 0
    let isDone = false
    const other = (async () => {
      while (!isDone) {
        await nextTurn()
        turns++
      }
    })()
    const result = await world.match({ onProgress: (one) => progress.push(one) })
    isDone = true
    await other
    const stages = [...new Set(progress.map(({ stage }) => stage))]
    expect(stages).toEqual(["reading-accounts", "counting", "matching", "linking"])
    expect(progress.findLast(({ stage }) => stage === "reading-accounts")?.done).toBe(world.accounts.length)
    expect(progress.findLast(({ stage }) => stage === "matching")?.done).toBe(result.subjects)
    expect(turns).toBeGreaterThanOrEqual(6)
  })
})

describe("S26 what matching tells and keeps", () => {
  it("S26 is ids, names of fields and counts: nothing of anybody", async () => {
    const world = await MatchingWorld.start({ storage: "sqlite", matching: { matchEmail: true } })
    const canary = "canary"
    const students = world.some("student", "sis_id").slice(0, 6)
    for (const [index, user] of students.entries()) {
      world.roster.district.edit("user", user.id, {
        email: `${canary}-${index % 5}@school.example`,
        name: { first: `${canary}first`, last: `${canary}last` },
        roles: {
          student: { sis_id: `${canary}-sis-${index % 4}`, state_id: `${canary}-state-${index >> 1}` },
        },
      })
      world.accounts.push({
        accountId: `a${index}`,
        sisId: `${canary}-sis-${index}`,
        email: `${canary}-${index}@school.example`,
        stateId: `${canary}-state-0`,
      })
    }
    world.accounts.push({ accountId: "", email: `${canary}@school.example` })
    await world.roster.delta()
    const told: unknown[] = [world.audited]
    const tell = (one: unknown) => told.push(one)
    told.push(await world.match({ onProgress: tell, onProblem: tell }))
    const reviews = await world.reviews()
    expect(reviews.length).toBeGreaterThan(1)
    told.push(
      reviews,
      await world.written(),
      await codeOf(world.matching.decide("x", { link: "a", by: "ada" })),
    )
    for (const { id } of reviews) {
      for (const choice of [{ link: "nobody" }, { keepApart: true }] as const) {
        told.push(
          await world.matching.decide(id, { ...choice, by: "ada" } as never).catch((error: unknown) => error),
        )
      }
    }
    told.push(await world.newcomers({ onProgress: tell }), world.matching)
    expect(inspect(told, { depth: 20, showHidden: true, maxArrayLength: null })).not.toContain(canary)
  })
})

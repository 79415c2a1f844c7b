import { describe, expect, it } from "vitest"
import { HomeroomError, type User } from "../../../src/index.ts"
import { storageNames } from "../../support/roster-world.ts"
import { identityOf, LoginWorld } from "./login-world.ts"

/** Somebody whom Clever has shared since the last import. */
function newcomer(world: LoginWorld): User {
  const id = world.roster.district.add("user", {
    roles: { student: { sis_id: `sis-${world.users("student").length}` } },
  })
  const user = world.users("student").find((one) => one.id === id)
  if (user === undefined) throw new Error("nobody was added")
  return user
}

describe.each(storageNames)("R46 asking Clever for somebody at the login, on %s", (storage) => {
  it("brings them in and matches them, with one request, and not without being asked to", async () => {
    const world = await LoginWorld.start({ storage })
    const user = newcomer(world)
    world.account("a1", user, "student", "sis_id")
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "not-synced", refresh: null })
    const asked = world.roster.source.asked.length
    const refresh = { roster: world.roster.roster }
    expect(await world.resolve(identityOf(user), { refresh })).toMatchObject({
      outcome: "linked",
      accountId: "a1",
      record: { id: user.id },
    })
    expect(world.roster.source.asked.slice(asked)).toEqual([`user ${user.id}`])
    await world.resolve(identityOf(user), { refresh })
    expect(world.roster.source.asked).toHaveLength(asked + 1)
  })

  it("restores somebody archived who is shared again", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("teacher")
    world.roster.district.unshare({ ids: [user.id] })
    await world.roster.delta()
    const refresh = { roster: world.roster.roster }
    expect(await world.resolve(identityOf(user), { refresh })).toMatchObject({
      outcome: "archived",
      refresh: { state: "not-found" },
    })
    world.roster.district.reshare({ ids: [user.id] })
    expect(await world.resolve(identityOf(user), { refresh })).toMatchObject({ outcome: "linked" })
  })

  it("lets a class that logs in at once take turns", async () => {
    const world = await LoginWorld.start({ storage })
    const users = Array.from({ length: 12 }, () => newcomer(world))
    const resolver = world.resolver({ refresh: { roster: world.roster.roster } })
    const results = await Promise.all(users.map((user) => resolver.resolveLogin(identityOf(user))))
    expect(results.map(({ outcome }) => outcome)).toEqual(users.map(() => "linked"))
    await world.roster.delta()
    expect(await world.roster.stored()).toEqual(world.roster.truth())
  })

  it("answers as the roster stands while an import runs, and waits for nothing", async () => {
    const world = await LoginWorld.start({ storage })
    const user = newcomer(world)
    const { id } = user
    const resolver = world.resolver({ refresh: { roster: world.roster.another() } })
    const during: Promise<unknown>[] = []
    world.roster.source.beforePage = (kind, page) => {
      if (kind === "school" && page === 0) during.push(resolver.resolveLogin(identityOf(user)))
    }
    await world.roster.bulk()
    expect(await Promise.all(during)).toMatchObject([{ outcome: "not-synced", refresh: { state: "busy" } }])
    expect(await resolver.resolveLogin(identityOf(user))).toMatchObject({ outcome: "linked", record: { id } })
  })

  it.each([
    ["Clever is down", new HomeroomError("CLEVER_UNAVAILABLE"), "CLEVER_UNAVAILABLE"],
    ["something is broken", new TypeError("oops"), "INTERNAL"],
  ])("says not-synced, and why, when %s", async (_, error, code) => {
    const world = await LoginWorld.start({ storage })
    const user = newcomer(world)
    world.roster.source.beforeRequest = () => {
      throw error
    }
    expect(await world.resolve(identityOf(user), { refresh: { roster: world.roster.roster } })).toMatchObject(
      {
        outcome: "not-synced",
        refresh: { state: "failed", code },
      },
    )
    expect(await world.storage.getLease(world.districtId)).toBeUndefined()
  })

  it("does not wait longer than it was told to", async () => {
    const world = await LoginWorld.start({ storage })
    const roster = {
      syncUser: async ({ signal }: { signal?: AbortSignal | undefined }) => {
        await new Promise((resolve) => signal?.addEventListener("abort", resolve))
        throw new HomeroomError("ABORTED")
      },
    }
    expect(
      await world.resolve(identityOf(newcomer(world)), { refresh: { roster, timeoutMs: 1 } }),
    ).toMatchObject({ outcome: "not-synced", refresh: { state: "failed", code: "ABORTED" } })
  })
})

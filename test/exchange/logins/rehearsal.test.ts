import { describe, expect, it } from "vitest"
import { AccountMatching, type LoginResolverOptions } from "../../../src/entries/accounts.ts"
import type { User } from "../../../src/index.ts"
import { storageNames } from "../../support/roster-world.ts"
import { identityOf, issuer, LoginWorld } from "./login-world.ts"

const writes = /^(claim|move|delete|consume|forget|raise|write|save|stage|commit|discard|erase|purge|acquire)/

/** What matters of an answer; when a link was made differs by itself. */
function told(answer: object): unknown {
  const { outcome, code, message, candidates, accountId, roles, connectionState } = answer as Record<
    string,
    unknown
  >
  return { outcome, code, message, candidates, accountId, roles, connectionState }
}

/** Rehearses a login, then holds it: both come to the same, and only the second may write. */
async function rehearse(
  world: LoginWorld,
  user: User,
  options: Partial<LoginResolverOptions> = {},
): Promise<Record<string, unknown>> {
  const written: string[] = []
  world.roster.hooks.beforeCall = (method) => {
    if (writes.test(method)) written.push(method)
  }
  const { districtId } = world
  const audited = world.audited.length
  const rehearsed = await world.resolver(options).rehearse({ districtId, cleverId: user.id })
  world.roster.hooks.beforeCall = () => {}
  expect(written).toEqual([])
  expect(world.audited).toHaveLength(audited)
  expect(told(await world.resolve(identityOf(user), options))).toEqual(told(rehearsed))
  return rehearsed as unknown as Record<string, unknown>
}

describe.each(storageNames)("a login that is rehearsed, on %s", (storage) => {
  it("comes to what the login comes to, and writes nothing", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    expect(await rehearse(world, user)).toMatchObject({ outcome: "linked", accountId: null })
    world.account("a1", user, "student", "sis_id")
    // It would be linked; the login itself links it.
    expect(await rehearse(world, user)).toMatchObject({ outcome: "linked", accountId: "a1" })
    expect(await rehearse(world, user)).toMatchObject({ outcome: "linked", accountId: "a1" })
    expect(await rehearse(world, user, { allowedRoles: ["teacher"] })).toMatchObject({
      outcome: "role-not-allowed",
    })
    world.roster.district.unshare({ ids: [user.id] })
    await world.roster.delta()
    expect(await rehearse(world, user)).toMatchObject({ outcome: "archived" })
    const id = world.roster.district.add("user", { roles: { student: {} } })
    const newcomer = world.users("student").find((one) => one.id === id) as User
    expect(await rehearse(world, newcomer)).toMatchObject({ outcome: "not-synced" })
    for (const state of ["requested", "disconnected"] as const) {
      await world.connect({ state })
      expect(await rehearse(world, user)).toMatchObject({ outcome: "district-not-connected" })
    }
    await world.connect({ state: "paused" })
    expect(await rehearse(world, newcomer)).toMatchObject({ outcome: "not-synced" })
  })

  it("moves no older link, and claims no account that somebody else has", async () => {
    const world = await LoginWorld.start({ storage })
    const legacyId = "58a1legacy"
    const { id } = world.someone("student", "sis_id")
    world.roster.district.edit("user", id, { roles: { student: { legacy_id: legacyId } } })
    await world.roster.delta()
    const user = world.users("student").find((one) => one.id === id) as User
    const link = {
      issuer,
      districtId: world.districtId,
      linkedAt: "2026-01-01T00:00:00.000Z",
      linkedBy: "test",
    }
    await world.storage.claimLink({ ...link, cleverId: legacyId, accountId: "old" })
    expect(await rehearse(world, user)).toMatchObject({ outcome: "linked", accountId: "old" })
    const other = world
      .users("student")
      .find((one) => one.id !== user.id && one.roles?.student?.sis_id) as User
    world.account("old", other, "student", "sis_id")
    await rehearse(world, other)
    await world.storage.claimLink({ ...link, cleverId: legacyId, accountId: "another" })
    expect(await rehearse(world, user)).toMatchObject({ outcome: "ambiguous" })
  })

  it("is ambiguous while a review is open", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    const sisId = String(user.roles?.student?.sis_id)
    const list = async function* () {
      yield { accountId: "a1", sisId }
      yield { accountId: "a2", sisId }
    }
    const matching = new AccountMatching({
      storage: world.storage,
      accounts: { list },
      clock: world.roster.now,
    })
    await matching.match({ districtId: world.districtId })
    expect(await rehearse(world, user)).toMatchObject({ outcome: "ambiguous", candidates: ["a1", "a2"] })
  })

  it("without provisioning tells what is linked, and else leaves it to the login", async () => {
    const world = await LoginWorld.start({ storage, mode: "sso", imported: false })
    const [user] = world.users("teacher") as [User]
    const { districtId } = world
    const cleverId = user.id
    expect(await world.resolver().rehearse({ districtId, cleverId })).toEqual({ outcome: "at-login" })
    const link = { issuer, districtId, linkedAt: "2026-01-01T00:00:00.000Z", linkedBy: "test" }
    await world.storage.claimLink({ ...link, cleverId, accountId: "a1" })
    expect(await world.resolver().rehearse({ districtId, cleverId })).toMatchObject({
      outcome: "linked",
      accountId: "a1",
    })
  })

  it("does not ask a link policy of the app's own, nor Clever", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("student", "email")
    world.accounts.accounts.push({ id: "a1", fields: { email: String(user.email) } })
    const asked: string[] = []
    const resolver = world.resolver({
      linkPolicy: () => void asked.push("policy"),
      refresh: {
        roster: {
          syncUser: async () => {
            asked.push("Clever")
            return { state: "busy" }
          },
        },
      },
    })
    const { districtId } = world
    expect(await resolver.rehearse({ districtId, cleverId: user.id })).toMatchObject({ accountId: null })
    expect(await resolver.rehearse({ districtId, cleverId: "nobody" })).toMatchObject({
      outcome: "not-synced",
    })
    expect(asked).toEqual([])
  })
})

import { describe, expect, it } from "vitest"
import { districtSubject, userSubject } from "../../../src/sso/index.ts"
import { dayMs, storageNames } from "../../support/roster-world.ts"
import { identityOf, issuer, LoginWorld, libraryIdentity } from "./login-world.ts"

describe.each(storageNames)("ending sessions and forgetting people, on %s", (storage) => {
  it("R37 a person's and a district's sessions end by a higher epoch, and nobody else's", async () => {
    const world = await LoginWorld.start({ storage })
    const resolver = world.resolver()
    const [one, two] = world.users("student")
    if (one === undefined || two === undefined) throw new Error("too few students")
    const subjects = [
      userSubject({ issuer, cleverId: one.id }),
      userSubject({ issuer, cleverId: two.id }),
      districtSubject(world.districtId),
    ]
    expect(subjects[0]).toBe(`user:https://clever.com:${one.id}`)
    expect(await world.storage.getSessionEpochs(subjects)).toEqual([0, 0, 0])
    const first = await resolver.revokeUserSessions({ issuer, cleverId: one.id })
    expect(await world.storage.getSessionEpochs(subjects)).toEqual([first, 0, 0])
    const second = await resolver.revokeUserSessions({ issuer, cleverId: one.id })
    expect(second).toBeGreaterThan(first)
    const third = await resolver.revokeDistrictSessions(world.districtId)
    expect(await world.storage.getSessionEpochs(subjects)).toEqual([second, 0, third])
    expect(world.audited.map((event) => event.type === "revoke" && event.subject)).toEqual([
      subjects[0],
      subjects[0],
      subjects[2],
    ])
  })

  it("R37 an epoch is kept for as long as a session can last, and no longer", async () => {
    const world = await LoginWorld.start({ storage })
    const key = { issuer, cleverId: "c1" }
    const resolver = world.resolver({ sessionMaxMs: dayMs })
    const epoch = await resolver.revokeUserSessions(key)
    world.roster.clock.advance(dayMs - 1)
    expect(await world.storage.getSessionEpochs([userSubject(key)])).toEqual([epoch])
    world.roster.clock.advance(1)
    expect(await world.storage.getSessionEpochs([userSubject(key)])).toEqual([0])
    expect(await resolver.revokeUserSessions(key)).toBeGreaterThan(epoch)
  })

  it("R55 forgetUser removes links and one-time keys, ends sessions, counts, and tells no id", async () => {
    const world = await LoginWorld.start({ storage })
    const resolver = world.resolver()
    const [user, other] = world.users("teacher").filter((one) => identityOf(one).legacyIds.length > 0)
    if (user === undefined || other === undefined) throw new Error("too few teachers")
    for (const one of [user, other]) {
      world.account(`account-${one.id}`, one, "teacher", "legacy_id")
      await resolver.resolveLogin(identityOf(one))
    }
    const key = { issuer, cleverId: user.id }
    const legacyIds = identityOf(user).legacyIds
    const until = world.roster.now() + dayMs
    const subjects = [userSubject(key), districtSubject(world.districtId)]
    await world.storage.consumeOnce("session:1", until, subjects)
    await world.storage.consumeOnce("session:2", until, [userSubject({ issuer, cleverId: other.id })])

    expect(await resolver.forgetUser({ ...key, legacyIds })).toEqual({ links: 1, keys: 1 })
    expect(await world.storage.getLink(key)).toBeUndefined()
    expect(await world.storage.getLink({ issuer, cleverId: other.id })).toBeDefined()
    expect(await world.storage.isConsumed("session:1")).toBe(false)
    expect(await world.storage.isConsumed("session:2")).toBe(true)
    expect(await world.storage.getSessionEpochs(subjects)).toEqual([world.roster.now(), 0])
    const event = world.audited.at(-1)
    expect(event).toEqual({
      type: "erase",
      at: new Date(world.roster.now()).toISOString(),
      what: "user",
      districtId: null,
      links: 1,
      keys: 1,
    })
    expect(JSON.stringify(event)).not.toContain(user.id)
    expect(await resolver.forgetUser({ ...key, legacyIds })).toEqual({ links: 0, keys: 0 })
  })

  it("R55 forgetUser erases what stands under older ids as well, and ends sessions under them", async () => {
    const world = await LoginWorld.start({ storage })
    const link = {
      issuer,
      accountId: "a1",
      districtId: null,
      linkedAt: "2024-08-01T00:00:00.000Z",
      linkedBy: "v2",
    }
    await world.storage.claimLink({ ...link, cleverId: "older" })
    const legacyIds = ["older", "oldest"]
    expect(await world.resolver().forgetUser({ issuer, cleverId: "present", legacyIds })).toEqual({
      links: 1,
      keys: 0,
    })
    const subjects = ["present", ...legacyIds].map((cleverId) => userSubject({ issuer, cleverId }))
    const now = world.roster.now()
    expect(await world.storage.getSessionEpochs(subjects)).toEqual([now, now, now])
  })

  it("R55 forgetDistrict does so for everybody in it, and leaves the Library and other districts alone", async () => {
    const world = await LoginWorld.start({ storage })
    const resolver = world.resolver({ library: true })
    const [one, two, three] = world.users("student")
    if (one === undefined || two === undefined || three === undefined) throw new Error("too few students")
    for (const user of [one, two]) {
      world.account(`account-${user.id}`, user, "student", "sis_id")
      await resolver.resolveLogin(identityOf(user))
    }
    world.accounts.found = ["library"]
    await resolver.resolveLogin(libraryIdentity(three))
    const until = world.roster.now() + dayMs
    await world.storage.consumeOnce("session:1", until, ["user:x", districtSubject(world.districtId)])
    await world.storage.consumeOnce("session:2", until, ["user:y", districtSubject("other")])
    const linked = (await world.storage.listLinks({ districtId: world.districtId, limit: 10 })).length
    expect(await resolver.forgetDistrict(world.districtId)).toEqual({ links: linked, keys: 1 })
    expect(await world.storage.listLinks({ limit: 10 })).toMatchObject([{ accountId: "library" }])
    expect(await world.storage.isConsumed("session:2")).toBe(true)
    expect(await world.storage.getSessionEpochs([districtSubject(world.districtId)])).toEqual([
      world.roster.now(),
    ])
    expect(world.audited.at(-1)).toMatchObject({
      type: "erase",
      what: "district",
      districtId: world.districtId,
    })
  })
})

import { describe, expect, it } from "vitest"
import { englishMessages, type LoginMessage } from "../../../src/index.ts"
import { storageNames } from "../../support/roster-world.ts"
import { identityOf, issuer, LoginWorld, libraryIdentity } from "./login-world.ts"

/** What a person is told, by the name of the message. */
function told(
  name: "loggedIn" | "notSynced" | "archived" | "ambiguous" | "roleNotAllowed" | "districtNotConnected",
): string {
  const { title, text }: LoginMessage = englishMessages[name]
  return `${title}. ${text}`
}

const elsewhere = "58a1000000000000000000ff"

describe.each(storageNames)("R46 what a login comes to, on %s", (storage) => {
  it("linked: whoever is in the roster comes in, without any account of the app's", async () => {
    const world = await LoginWorld.start({ storage })
    for (const role of ["student", "teacher", "staff", "district_admin", "contact"] as const) {
      const user = world.someone(role)
      const result = await world.resolve(identityOf(user))
      expect(result).toMatchObject({
        outcome: "linked",
        accountId: null,
        link: null,
        record: { id: user.id },
      })
      expect(result).not.toHaveProperty("roleDiff")
      expect(result.message).toBe(told("loggedIn"))
    }
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([])
  })

  it("not-synced: shared by Clever, not imported yet", async () => {
    const world = await LoginWorld.start({ storage })
    const id = world.roster.district.add("user", { roles: { student: {} } })
    const user = world.users("student").find((one) => one.id === id)
    if (user === undefined) throw new Error("nobody was added")
    expect(await world.resolve(identityOf(user))).toEqual({
      outcome: "not-synced",
      code: "LOGIN_NOT_SYNCED",
      message: told("notSynced"),
      refresh: null,
    })
    await world.roster.delta()
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "linked" })
  })

  it("archived: no longer shared at the last import, linked or not; and linked again once restored", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("student", "sis_id")
    world.account("a1", user, "student", "sis_id")
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "linked", accountId: "a1" })
    world.roster.district.unshare({ ids: [user.id] })
    await world.roster.delta()
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "archived",
      code: "LOGIN_ARCHIVED",
      message: told("archived"),
      record: { id: user.id, state: "archived" },
      refresh: null,
    })
    world.roster.district.reshare({ ids: [user.id] })
    await world.roster.delta()
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "linked", accountId: "a1" })
  })

  it("role-not-allowed: none of the roles is admitted; one admitted role is enough", async () => {
    const world = await LoginWorld.start({ storage })
    const contact = world.someone("contact")
    expect(await world.resolve(identityOf(contact), { allowedRoles: ["student", "teacher"] })).toEqual({
      outcome: "role-not-allowed",
      code: "LOGIN_ROLE_NOT_ALLOWED",
      message: told("roleNotAllowed"),
      roles: ["contact"],
    })
    const many = world.users("teacher").find((user) => user.roles?.district_admin != null)
    if (many === undefined) throw new Error("nobody has several roles")
    expect(await world.resolve(identityOf(many), { allowedRoles: ["district_admin"] })).toMatchObject({
      outcome: "linked",
      roles: ["district_admin"],
    })
    expect(await world.resolve(identityOf(many))).toMatchObject({
      roles: ["teacher", "staff", "district_admin"],
    })
    expect(await world.resolve(identityOf(contact, { roles: {} }))).toMatchObject({
      outcome: "role-not-allowed",
      roles: [],
    })
    // R60: what a prototype holds is no role.
    const odd = JSON.parse('{"__proto__": {"teacher": {}}}') as object
    expect(await world.resolve(identityOf(contact, { roles: odd }))).toMatchObject({
      outcome: "role-not-allowed",
    })
  })

  it.each(["requested", "approved", "disconnected", "declined"] as const)(
    "district-not-connected: the connection is %s",
    async (state) => {
      const world = await LoginWorld.start({ storage })
      await world.connect({ state })
      expect(await world.resolve(identityOf(world.someone("teacher")))).toEqual({
        outcome: "district-not-connected",
        code: "LOGIN_DISTRICT_NOT_CONNECTED",
        message: told("districtNotConnected"),
        districtId: world.districtId,
        connectionState: state,
      })
    },
  )

  it("lets people in while imports are paused, but not through a pause that no active connection went before", async () => {
    const world = await LoginWorld.start({ storage })
    await world.connect({ state: "paused" })
    const identity = identityOf(world.someone("teacher"))
    expect(await world.resolve(identity)).toMatchObject({ outcome: "linked" })
    const connection = await world.storage.getConnection(world.districtId)
    if (connection === undefined) throw new Error("There is no connection")
    await world.storage.saveConnection({ ...connection, steps: connection.steps.slice(1) })
    expect(await world.resolve(identity)).toMatchObject({
      outcome: "district-not-connected",
      connectionState: "paused",
    })
  })

  it("district-not-connected: there is none, though another district has a record with that id (R12)", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("teacher")
    expect(await world.resolve(identityOf(user, { districtId: elsewhere }))).toMatchObject({
      outcome: "district-not-connected",
      districtId: elsewhere,
      connectionState: null,
    })
    expect(await world.resolve(identityOf(user, { districtId: null }))).toMatchObject({
      outcome: "district-not-connected",
      districtId: null,
    })
  })

  it("not-synced: a record with that id is another district's (R12)", async () => {
    const world = await LoginWorld.start({ storage })
    await world.storage.saveConnection({
      districtId: elsewhere,
      name: "",
      mode: "sso+provisioning",
      state: "active",
      steps: [],
      settings: {},
    })
    const user = world.someone("teacher")
    expect(await world.resolve(identityOf(user, { districtId: elsewhere }))).toMatchObject({
      outcome: "not-synced",
    })
  })

  it("ambiguous: linked in another district than Clever says now, and nothing is changed", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("teacher")
    const link = {
      issuer,
      cleverId: user.id,
      accountId: "a1",
      districtId: elsewhere,
      linkedAt: "2026-08-01T00:00:00.000Z",
      linkedBy: "app",
    }
    await world.storage.claimLink(link)
    expect(await world.resolve(identityOf(user))).toEqual({
      outcome: "ambiguous",
      code: "LOGIN_AMBIGUOUS",
      message: told("ambiguous"),
      candidates: ["a1"],
      field: null,
      detail: "LINK_CONFLICT",
      record: null,
    })
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([link])
  })

  it("says how the roles of the login differ from those of the last import", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.users("teacher").find((one) => Object.keys(one.roles ?? {}).length === 1)
    if (user === undefined) throw new Error("no teacher is only that")
    const roles = { staff: {} }
    expect(await world.resolve(identityOf(user, { roles }))).toMatchObject({
      outcome: "linked",
      roles: ["staff"],
      roleDiff: { added: ["staff"], removed: ["teacher"] },
    })
  })
})

describe.each(storageNames)("a connection for sign-in only, on %s", (storage) => {
  it("creates nobody: whom the app does not know is not-synced, in the roster or not", async () => {
    const world = await LoginWorld.start({ storage, mode: "sso", imported: false })
    const before = await world.storage.getDistrict(world.districtId)
    const user = world.someone("teacher", "sis_id")
    world.account("a1", user, "teacher", "sis_id")
    const refresh = { roster: world.roster.roster }
    expect(await world.resolve(identityOf(user), { refresh })).toMatchObject({
      outcome: "not-synced",
      code: "LOGIN_NOT_SYNCED",
      refresh: null,
    })
    expect(await world.resolve(identityOf(user), { accounts: {} })).toMatchObject({ outcome: "not-synced" })
    expect(world.accounts.asked).toEqual([])
    expect(world.roster.source.asked).toEqual([])
    expect(await world.storage.getDistrict(world.districtId)).toEqual(before)
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([])
  })

  it("links the one account that the app names, once, and does not ask again", async () => {
    const world = await LoginWorld.start({ storage, mode: "sso", imported: false })
    const user = world.someone("student")
    world.accounts.found = ["a1", "a1"]
    const first = await world.resolve(identityOf(user))
    expect(first).toMatchObject({
      outcome: "linked",
      accountId: "a1",
      record: null,
      link: { linkedBy: "accounts.find" },
    })
    world.accounts.found = ["other"]
    expect(await world.resolve(identityOf(user))).toEqual(first)
    expect(world.audited).toHaveLength(1)
  })

  it("chooses none of several accounts, and none that is somebody else's", async () => {
    const world = await LoginWorld.start({ storage, mode: "sso", imported: false })
    const [one, two] = world.users("student")
    if (one === undefined || two === undefined) throw new Error("too few students")
    world.accounts.found = ["a1", "a2"]
    expect(await world.resolve(identityOf(one))).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a1", "a2"],
      detail: null,
    })
    world.accounts.found = ["a1"]
    expect(await world.resolve(identityOf(one))).toMatchObject({ outcome: "linked" })
    expect(await world.resolve(identityOf(two))).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a1"],
      detail: "LINK_CONFLICT",
    })
    world.accounts.found = Array.from({ length: 500 }, (_, index) => `many-${index}`)
    const many = await world.resolve(identityOf(two))
    expect(many).toMatchObject({ outcome: "ambiguous" })
    if (many.outcome === "ambiguous") expect(many.candidates).toHaveLength(20)
  })

  it("lets a person who logs in many times at once have one link", async () => {
    const world = await LoginWorld.start({ storage, mode: "sso", imported: false })
    const identity = identityOf(world.someone("student"))
    world.accounts.found = ["a1"]
    const resolver = world.resolver()
    const results = await Promise.all(Array.from({ length: 12 }, () => resolver.resolveLogin(identity)))
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
    expect(results[0]).toMatchObject({ outcome: "linked", accountId: "a1" })
    expect(world.audited.map(({ type }) => type)).toEqual(["link"])
  })
})

describe.each(storageNames)("the Clever Library, on %s", (storage) => {
  it("is taken, as CleverSsoClient takes it, unless the app refuses it", async () => {
    const world = await LoginWorld.start({ storage })
    const identity = libraryIdentity(world.someone("teacher"))
    world.accounts.found = ["a1"]
    expect(await world.resolve(identity, { library: false })).toMatchObject({
      outcome: "district-not-connected",
      districtId: null,
    })
    expect(await world.resolve(identity)).toMatchObject({
      outcome: "linked",
      accountId: "a1",
      record: null,
      link: { districtId: null },
    })
  })

  it("resolves by link and the app's accounts alone, and becomes the district's with the first login from there", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("teacher")
    const options = { library: true }
    expect(await world.resolve(libraryIdentity(user), options)).toMatchObject({ outcome: "not-synced" })
    world.accounts.found = ["a1"]
    await world.resolve(libraryIdentity(user), options)
    expect(await world.resolve(identityOf(user), options)).toMatchObject({
      outcome: "linked",
      accountId: "a1",
      record: { id: user.id },
      link: { districtId: world.districtId },
    })
  })

  it("is no way around the district's end or archive", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("teacher", "sis_id")
    world.account("a1", user, "teacher", "sis_id")
    await world.resolve(identityOf(user))
    const options = { library: true }
    expect(await world.resolve(libraryIdentity(user), options)).toMatchObject({
      outcome: "linked",
      accountId: "a1",
    })
    await world.connect({ state: "disconnected" })
    expect(await world.resolve(libraryIdentity(user), options)).toMatchObject({
      outcome: "district-not-connected",
      connectionState: "disconnected",
    })
    await world.connect()
    world.roster.district.unshare({ ids: [user.id] })
    await world.roster.delta()
    expect(await world.resolve(libraryIdentity(user), options)).toMatchObject({ outcome: "archived" })
  })
})

describe("the texts for the person who logs in", () => {
  it("are one for each outcome, and can be replaced", async () => {
    const world = await LoginWorld.start({ state: "disconnected" })
    const districtNotConnected = { title: "Pause", text: "Deine Schule macht gerade Pause." }
    const messages = { districtNotConnected }
    expect((await world.resolve(identityOf(world.someone("student")), { messages })).message).toBe(
      "Pause. Deine Schule macht gerade Pause.",
    )
  })
})

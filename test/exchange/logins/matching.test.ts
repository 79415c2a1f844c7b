import { describe, expect, it } from "vitest"
import type { AccountQuery } from "../../../src/entries/accounts.ts"
import type { Role, User } from "../../../src/index.ts"
import { storageNames } from "../../support/roster-world.ts"
import { identityOf, LoginWorld } from "./login-world.ts"

const matchers: [Role, AccountQuery["field"]][] = [
  ["student", "sis_id"],
  ["student", "student_number"],
  ["student", "state_id"],
  ["teacher", "sis_id"],
  ["teacher", "teacher_number"],
  ["teacher", "state_id"],
  ["staff", "staff_id"],
]

describe.each(storageNames)("S26 finding the account of somebody in the roster, on %s", (storage) => {
  it.each(matchers)("S26 a %s by %s, which is then linked", async (role, field) => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone(role, field)
    world.account("a1", user, role, field)
    const result = await world.resolve(identityOf(user))
    expect(result).toMatchObject({
      outcome: "linked",
      accountId: "a1",
      record: { id: user.id },
      link: { cleverId: user.id, accountId: "a1", districtId: world.districtId, linkedBy: `match:${field}` },
    })
    const asked = world.accounts.asked.length
    expect(await world.resolve(identityOf(user))).toEqual(result)
    expect(world.accounts.asked.length).toBe(asked)
    expect(world.audited).toMatchObject([{ type: "link", accountId: "a1", by: `match:${field}` }])
  })

  it("S26 asks in order, for the person's own district, until one matcher decides, and never by name", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("student", "sis_id", "student_number", "state_id", "email")
    const { state_id } = user.roles?.student ?? {}
    world.account("a1", user, "student", "state_id")
    world.accounts.accounts.push({ id: "a2", fields: { email: String(user.email) } })
    expect(await world.resolve(identityOf(user))).toMatchObject({ accountId: "a1" })
    expect(world.accounts.asked.map(({ field }) => field)).toEqual([
      "clever_id",
      "sis_id",
      "student_number",
      "state_id",
    ])
    expect(world.accounts.asked.at(-1)).toEqual({
      districtId: world.districtId,
      role: "student",
      field: "state_id",
      value: state_id,
    })
  })

  it("S26 by Clever's own id first, which needs no counting", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("contact")
    world.accounts.accounts.push({ id: "a1", fields: { clever_id: user.id } })
    expect(await world.resolve(identityOf(user))).toMatchObject({ accountId: "a1" })
  })

  it("R11 never by e-mail, unless the app opts in; then without regard to case, and only if nobody shares it", async () => {
    const world = await LoginWorld.start({ storage })
    const [user, other] = world.users("staff").filter((one) => one.email)
    if (user === undefined || other === undefined) throw new Error("too few staff have an address")
    const email = String(user.email)
    world.accounts.accounts.push({ id: "a1", fields: { email }, emailVerified: true })
    const identity = identityOf(user, { email, emailVerified: false })
    expect(await world.resolve(identity)).toMatchObject({ outcome: "linked", accountId: null })
    expect(world.accounts.asked.map(({ field }) => field)).not.toContain("email")

    world.roster.district.edit("user", other.id, { email: email.toUpperCase() })
    await world.roster.delta()
    expect(await world.resolve(identity, { matchEmail: true })).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a1"],
      field: "email",
      detail: null,
      record: { id: user.id },
    })
    world.roster.district.edit("user", other.id, { email: "other@d.example" })
    await world.roster.delta()
    expect(await world.resolve(identity, { matchEmail: true })).toMatchObject({
      outcome: "linked",
      accountId: "a1",
    })
  })

  it("S26 chooses none of several accounts, and goes on to a matcher that decides", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("student", "sis_id", "state_id")
    world.account("a1", user, "student", "sis_id")
    world.account("a2", user, "student", "sis_id")
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "ambiguous",
      code: "LOGIN_AMBIGUOUS",
      candidates: ["a1", "a2"],
      field: "sis_id",
      detail: null,
    })
    world.account("a3", user, "student", "state_id")
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "linked", accountId: "a3" })
  })

  it.each(["sis_id", "student_number", "state_id"] as const)(
    "S26 S13 chooses nobody by a %s that two people of the district have, as when an id was issued anew",
    async (field) => {
      const world = await LoginWorld.start({ storage })
      const user = world.someone("student", field)
      const { [field]: value } = user.roles?.student ?? {}
      const twin = world.roster.district.add("user", { roles: { student: { [field]: value } } })
      await world.roster.delta()
      world.accounts.accounts.push({ id: "a1", role: "student", fields: { [field]: String(value) } })
      for (const one of world.users("student").filter(({ id }) => id === user.id || id === twin)) {
        expect(await world.resolve(identityOf(one))).toMatchObject({
          outcome: "ambiguous",
          candidates: ["a1"],
          field,
        })
      }
      // The same value in another role or archived is nobody's.
      world.roster.district.remove("user", twin)
      world.roster.district.add("user", { roles: { contact: { sis_id: String(value) } } })
      await world.roster.delta()
      expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "linked", accountId: "a1" })
    },
  )

  it("S26 finds values however Clever escapes them", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone("student", "student_number")
    const { student_number: number } = user.roles?.student ?? {}
    const escaped = [...String(number)].map((sign) => `\\u00${sign.charCodeAt(0).toString(16)}`).join("")
    const twin = world.roster.district.add("user", { roles: { student: { student_number: "ESCAPED" } } })
    world.roster.source.alterEvents = (events) =>
      events.map((event) => ({ ...event, object: event.object?.replace("ESCAPED", escaped) }))
    await world.roster.delta()
    world.account("a1", user, "student", "student_number")
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "ambiguous", candidates: ["a1"] })
    const [record] = await world.storage.getRecords({
      districtId: world.districtId,
      kind: "user",
      ids: [twin],
    })
    expect(record?.data).toContain(escaped)
  })

  it("S26 an account that is linked to somebody else is no candidate", async () => {
    const world = await LoginWorld.start({ storage })
    const [one, two] = world.users("student").filter((user) => user.roles?.student?.sis_id)
    if (one === undefined || two === undefined) throw new Error("too few students")
    world.account("a1", one, "student", "sis_id")
    expect(await world.resolve(identityOf(one))).toMatchObject({ accountId: "a1" })
    world.accounts.accounts.push({ id: "a1", fields: { sis_id: String(two.roles?.student?.sis_id) } })
    expect(await world.resolve(identityOf(two))).toMatchObject({
      outcome: "linked",
      accountId: null,
      link: null,
    })
    // So another one that fits is the only one.
    world.account("a2", two, "student", "sis_id")
    expect(await world.resolve(identityOf(two))).toMatchObject({ outcome: "linked", accountId: "a2" })
  })

  it.each([
    ["teacher", "a2"],
    ["student", "a1"],
  ] as const)("S26 a %s's e-mail address has its own place among the matchers", async (role, accountId) => {
    const world = await LoginWorld.start({ storage })
    const user = world.someone(role, "sis_id", "email")
    world.account("a1", user, role, "sis_id")
    world.account("a2", user, role, "email")
    expect(await world.resolve(identityOf(user), { matchEmail: true })).toMatchObject({
      outcome: "linked",
      accountId,
    })
  })

  it("S26 counts who has a value to the end of a district, however many its people are", async () => {
    const world = await LoginWorld.start({ storage, users: 1_500 })
    const user = world.someone("student", "student_number")
    const { student_number } = user.roles?.student ?? {}
    world.account("a1", user, "student", "student_number")
    const twin = world.roster.district.add("user", { roles: { student: { student_number } } })
    await world.roster.delta()
    const between = world.users("student").filter(({ id }) => user.id < id && id < twin)
    expect(between.length).toBeGreaterThan(500)
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "ambiguous", candidates: ["a1"] })
  })

  it("S26 an account that two people match at once is linked to one of them", async () => {
    const world = await LoginWorld.start({ storage })
    const users = world.users("student").slice(0, 6)
    for (const user of users) world.accounts.accounts.push({ id: "shared", fields: { clever_id: user.id } })
    const resolver = world.resolver()
    const results = await Promise.all(users.map((user) => resolver.resolveLogin(identityOf(user))))
    expect(
      results.filter((result) => result.outcome === "linked" && result.accountId === "shared"),
    ).toHaveLength(1)
    expect(await world.storage.listLinks({ accountId: "shared", limit: 10 })).toHaveLength(1)
  })

  it("S26 R44 roles that point to different accounts decide nothing; to the same, they do", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.users("teacher").find((one) => one.roles?.teacher?.sis_id && one.roles.staff?.staff_id)
    if (user === undefined) throw new Error("nobody has both roles")
    world.account("a1", user, "teacher", "sis_id")
    const staff = world.account("a2", user, "staff", "staff_id")
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "ambiguous",
      candidates: ["a1", "a2"],
    })
    staff.id = "a1"
    expect(await world.resolve(identityOf(user))).toMatchObject({ outcome: "linked", accountId: "a1" })
  })

  it("S26 works without accounts of the app's, and with an app that has none", async () => {
    const world = await LoginWorld.start({ storage })
    const identity = identityOf(world.someone("student"))
    for (const accounts of [{}, world.accounts]) {
      expect(await world.resolve(identity, { accounts })).toMatchObject({
        outcome: "linked",
        accountId: null,
      })
    }
  })
})

describe.each(storageNames)("R45 people who were linked under an id of API v2, on %s", (storage) => {
  const roles: Role[] = ["student", "teacher", "staff", "district_admin"]
  const legacyLink = (cleverId: string, accountId: string, districtId: string | null = null) => ({
    issuer: "https://clever.com",
    cleverId,
    accountId,
    districtId,
    linkedAt: "2024-08-01T00:00:00.000Z",
    linkedBy: "v2",
  })
  const someone = (world: LoginWorld, role: Role): User => world.someone(role)

  it.each(roles)("R45 a %s is found under the older id and linked under the new one, once", async (role) => {
    const world = await LoginWorld.start({ storage })
    const user = someone(world, role)
    const legacyIds = role === "student" ? [user.id] : identityOf(user).legacyIds
    const old = legacyIds.at(-1)
    if (old === undefined) throw new Error(`the ${role} has no older id`)
    await world.storage.claimLink(legacyLink(old, "a1"))
    const result = await world.resolve(identityOf(user, { legacyIds }))
    expect(result).toMatchObject({ outcome: "linked", accountId: "a1" })
    expect(await world.storage.listLinks({ limit: 10 })).toEqual([
      { ...legacyLink(user.id, "a1", world.districtId) },
    ])
    const audited = role === "student" ? [] : [{ type: "link", cleverId: user.id, by: "legacy-id" }]
    expect(world.audited).toMatchObject(audited)
    expect(await world.resolve(identityOf(user, { legacyIds }))).toEqual(result)
    expect(world.audited).toHaveLength(audited.length)
  })

  it("R45 two accounts under the ids of one person are a conflict, and nothing is changed", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.users("teacher").find((one) => identityOf(one).legacyIds.length > 1)
    if (user === undefined) throw new Error("nobody has several older ids")
    const [first, second] = identityOf(user).legacyIds as [string, string]
    const links = [legacyLink(first, "a1"), legacyLink(second, "a2")]
    for (const link of links) await world.storage.claimLink(link)
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "ambiguous",
      detail: "LINK_CONFLICT",
      candidates: expect.arrayContaining(["a1", "a2"]),
    })
    expect(await world.storage.listLinks({ limit: 10 })).toEqual(
      links.toSorted((a, b) => (a.cleverId < b.cleverId ? -1 : 1)),
    )
    // Also when one of them stands under the new id already.
    await world.storage.deleteLinks({ accountId: "a1" })
    await world.storage.claimLink(legacyLink(user.id, "a3"))
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "ambiguous",
      detail: "LINK_CONFLICT",
      candidates: expect.arrayContaining(["a2", "a3"]),
    })
  })

  it("R45 an older id that is linked in another district is a conflict", async () => {
    const world = await LoginWorld.start({ storage })
    const user = someone(world, "staff")
    const [old] = identityOf(user).legacyIds as [string]
    await world.storage.claimLink(legacyLink(old, "a1", "58a1000000000000000000ff"))
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "ambiguous",
      detail: "LINK_CONFLICT",
    })
  })

  it("R45 S26 the app is asked for the accounts of every older id; two different ones are a conflict", async () => {
    const world = await LoginWorld.start({ storage })
    const user = world.users("teacher").find((one) => identityOf(one).legacyIds.length > 1)
    if (user === undefined) throw new Error("nobody has several older ids")
    const [first, second] = identityOf(user).legacyIds as [string, string]
    world.accounts.accounts.push({ id: "a1", fields: { legacy_id: second } })
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "linked",
      accountId: "a1",
      link: { linkedBy: "match:legacy_id" },
    })
    await world.storage.deleteLinks({ accountId: "a1" })
    world.accounts.accounts.push({ id: "a2", fields: { legacy_id: first } })
    expect(await world.resolve(identityOf(user))).toMatchObject({
      outcome: "ambiguous",
      field: "legacy_id",
      detail: "LINK_CONFLICT",
    })
  })
})

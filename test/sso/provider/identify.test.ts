import fc from "fast-check"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { HomeroomError } from "../../../src/errors/index.ts"
import type { UserRoles } from "../../../src/models/index.ts"
import type { CleverIdentity } from "../../../src/sso/identity.ts"
import type { Identified } from "../../../src/sso/provider/identify.ts"
import { Redeemed } from "../../../src/sso/provider/redeemed.ts"
import { hasRecordings, readRecording } from "../../models/recordings.ts"
import { clientId, LyingProvider, person } from "../../support/lying-provider.ts"
import { library } from "../../support/provider-lies.ts"
import { redirectUri, rsaKey, testProvider } from "./world.ts"

const lying = new LyingProvider({ ...rsaKey(), clock: Date.now })
const redeemed = new Redeemed({ accessToken: "iltoken0123456789abcdef", claims: null })

beforeAll(() => lying.start())
afterAll(() => lying.close())
beforeEach(() => lying.reset())

async function identifyAll(email = false): Promise<Identified> {
  const { provider } = testProvider({ authUrl: lying.url, apiUrl: lying.url, clientId })
  return await provider.identify({ redeemed, loginSource: "app", email })
}

async function identify(email = false): Promise<CleverIdentity> {
  return (await identifyAll(email)).identity
}

/** `/users/{id}` with other fields. */
function userIs(change: Record<string, unknown>): void {
  lying.lies.user = ({ honest }) => ({ body: { data: { ...(honest as { data: object }).data, ...change } } })
}

/** `/me` in another shape altogether. */
function meIs(body: unknown): void {
  lying.lies.me = () => ({ body })
}

describe("the person", () => {
  it("R10 the account's key is issuer and id; the same e-mail under another id is somebody else", async () => {
    const one = await identify(true)
    const other = "5d0000000000000000000002"
    lying.lies.me = () => ({
      body: { data: { id: other, district: person.district, authorized_by: "district" } },
    })
    userIs({ id: other, roles: { contact: {} } })
    const two = await identify(true)
    expect(two.email).toBe(one.email)
    expect([two.issuer, two.cleverId]).toEqual([lying.issuer, other])
    expect(one.cleverId).toBe(person.id)
  })

  it.each([
    [
      "as documented",
      { type: "user", data: { id: person.id, district: person.district, authorized_by: "district" } },
    ],
    [
      "with a role for a type and a name",
      { data: { id: person.id, district: person.district, type: "teacher", name: { first: "A" } } },
    ],
    ["without authorized_by and links", { data: { id: person.id, district: person.district } }],
    ["authorized_by null", { data: { id: person.id, district: person.district, authorized_by: null } }],
    ["without its envelope", { id: person.id, district: person.district, authorized_by: "district" }],
    ["without a district, which the user has", { data: { id: person.id, authorized_by: "district" } }],
    [
      "with links that lead elsewhere",
      {
        data: { id: person.id, district: person.district },
        links: [{ rel: "canonical", uri: "https://evil.example/v3.1/users/1" }],
      },
    ],
  ])("R49 /me %s", async (_name, body) => {
    meIs(body)
    const identity = await identify()
    expect(identity).toMatchObject({
      cleverId: person.id,
      districtId: person.district,
      authorizedBy: "district",
    })
    expect(lying.counts).toMatchObject({ me: 1, user: 1, userinfo: 0, other: 0 })
  })

  it("R49 a role is never read from /me", async () => {
    meIs({ data: { id: person.id, district: person.district, type: "district_admin" } })
    expect(Object.keys((await identify()).roles)).toEqual(["student"])
  })

  it("R17 a district's login without any district is refused", async () => {
    meIs({ data: { id: person.id, authorized_by: "district" } })
    userIs({ district: undefined })
    await expect(identify()).rejects.toMatchObject({ code: "CLEVER_BODY_INVALID" })
  })

  it.each([
    ["none", undefined, { first: null, middle: null, last: null }],
    ["null", null, { first: null, middle: null, last: null }],
    ["a text", "Ada", { first: null, middle: null, last: null }],
    ["empty fields", { first: "", last: "" }, { first: null, middle: null, last: null }],
    ["numbers", { first: 7, last: ["x"] }, { first: null, middle: null, last: null }],
    ["a contact's", { last: "María José Núñez" }, { first: null, middle: null, last: "María José Núñez" }],
    ["right to left", { first: "نور", last: "כהן" }, { first: "نور", middle: null, last: "כהן" }],
    [
      "emoji and four bytes",
      { first: "👩🏽‍🚀", last: "𠮷野" },
      { first: "👩🏽‍🚀", middle: null, last: "𠮷野" },
    ],
    ["2,000 letters", { first: "x".repeat(2_000) }, { first: "x".repeat(2_000), middle: null, last: null }],
  ])("R43 a name: %s", async (_name, given, expected) => {
    userIs({ name: given })
    expect((await identify()).name).toEqual(expected)
  })

  it.each([
    ["none", undefined, null],
    ["null", null, null],
    ["empty", "", null],
    ["a number", 7, null],
    ["malformed", "no at sign", "no at sign"],
    ["in capitals", "Ada@Example.ORG", "Ada@Example.ORG"],
  ])("R43 an e-mail address: %s", async (_name, given, expected) => {
    userIs({ email: given })
    expect((await identify(true)).email).toBe(expected)
  })

  it("R54 no e-mail address unless asked for, and nothing of a role but ids, schools, grade and titles", async () => {
    const everything = {
      school: "s1",
      schools: ["s1", "s2"],
      grade: "3",
      sis_id: "sis",
      state_id: "state",
      student_number: "7",
      legacy_id: "4d0000000000000000000009",
    }
    const more = {
      dob: "2/11/2015",
      gender: "F",
      race: "Asian",
      frl_status: "Free",
      iep_status: "Y",
      home_language: "Klingon",
      email: "role@example.com",
      preferred_name: { first: "Nick" },
      credentials: { district_username: "login" },
      location: { address: "Street 1" },
      ext: { diet: "vegan" },
      district: "elsewhere",
      name: { first: "Nick" },
      phone: "555",
      extra: 1,
    }
    userIs({ roles: { student: { ...everything, ...more } } })
    const identity = await identify()
    expect(identity).not.toHaveProperty("email")
    expect(identity.roles).toEqual({ student: everything })
    userIs({
      roles: { teacher: { ...more, title: "Ms" }, staff: { ...more, staff_id: "9" }, district_admin: more },
    })
    expect((await identify()).roles).toEqual({
      teacher: { title: "Ms" },
      staff: { staff_id: "9" },
      district_admin: {},
    })
    userIs({
      roles: { contact: { ...more, student_relationships: [{ student: "p1", relationship: "Parent" }] } },
    })
    expect((await identify()).roles).toEqual({
      contact: { student_relationships: [{ student: "p1", relationship: "Parent" }] },
    })
  })

  it("R54 holds no token, however it is printed", async () => {
    expect(JSON.stringify(await identifyAll(true))).not.toContain(redeemed.accessToken)
  })

  it("R44 all roles, each under its own name, and no main one", async () => {
    userIs({
      roles: { teacher: { title: "Ms" }, staff: { staff_id: "9" }, district_admin: {}, student: null },
    })
    expect((await identify()).roles).toEqual({
      teacher: { title: "Ms" },
      staff: { staff_id: "9" },
      district_admin: {},
    })
  })

  it("R44 a pupil and a contact with one e-mail address are two people with one role each", async () => {
    userIs({ roles: { student: {} } })
    const pupil = await identify(true)
    const contactId = "5d0000000000000000000003"
    lying.lies.me = () => ({ body: { data: { id: contactId, district: person.district } } })
    userIs({ id: contactId, name: { last: "A Parent" }, roles: { contact: {} } })
    const contact = await identify(true)
    expect(contact.email).toBe(pupil.email)
    expect([pupil.cleverId, Object.keys(pupil.roles)]).toEqual([person.id, ["student"]])
    expect([contact.cleverId, Object.keys(contact.roles)]).toEqual([contactId, ["contact"]])
  })

  it("R45 the v2 ids of every role, once each, in a fixed order", async () => {
    userIs({
      roles: {
        district_admin: { legacy_id: "old-admin" },
        staff: { legacy_id: "old-staff" },
        teacher: { legacy_id: "old-teacher" },
      },
    })
    expect((await identify()).legacyIds).toEqual(["old-teacher", "old-staff", "old-admin"])
    userIs({ roles: { teacher: { legacy_id: "same" }, staff: { legacy_id: "same" }, district_admin: {} } })
    expect((await identify()).legacyIds).toEqual(["same"])
    // A pupil's id is the same in both versions; what is no id can't be an account's key.
    userIs({ roles: { student: { legacy_id: person.id } } })
    expect((await identify()).legacyIds).toEqual([])
    userIs({
      roles: {
        teacher: { legacy_id: "__proto__" },
        staff: { legacy_id: "a/b" },
        district_admin: { legacy_id: "" },
      },
    })
    expect((await identify()).legacyIds).toEqual([])
    userIs({ roles: { contact: { legacy_id: "old-contact" } } })
    expect((await identify()).legacyIds).toEqual(["old-contact"])
  })
})

describe.skipIf(!hasRecordings)(
  `R49 answers as Clever documents them${hasRecordings ? "" : " (skipped: they are not beside the project)"}`,
  () => {
    it.each([
      ["v3.0-user-student-single.json", ["student"]],
      ["v3.0-user-multirole-teacher+district_admin.json", ["teacher", "district_admin"]],
    ])("%s", async (file, expected) => {
      const documented = JSON.parse(readRecording(`docs-examples/${file}`)) as {
        data: { id: string; district: string; name: { first: string; last: string }; roles: UserRoles }
      }
      const { id, district, name, roles } = documented.data
      const me = JSON.parse(readRecording("docs-examples/v3.1-me.json")) as { data: object }
      meIs({ ...me, data: { ...me.data, id, district } })
      lying.lies.user = () => ({ body: documented })
      const identity = await identify()
      expect(identity).toMatchObject({ cleverId: id, districtId: district, authorizedBy: "district" })
      expect(identity.name).toMatchObject({ first: name.first, last: name.last })
      expect(Object.keys(identity.roles)).toEqual(expected)
      const legacyIds = Object.values(roles).map((role: { legacy_id?: string }) => role.legacy_id)
      expect(identity.legacyIds).toEqual(
        legacyIds.filter((old) => old !== undefined && old !== "" && old !== id),
      )
    })
  },
)

describe("a Library login", () => {
  it("R49 whose user can be read", async () => {
    lying.isOidc = false
    meIs({ data: { id: person.id, type: "user", authorized_by: "teacher" } })
    userIs({
      district: undefined,
      email: undefined,
      name: { first: "Ada", last: "L" },
      roles: { student: { legacy_id: "v2" } },
    })
    expect(await identify(true)).toEqual({
      issuer: lying.issuer,
      cleverId: person.id,
      legacyIds: ["v2"],
      districtId: null,
      authorizedBy: "teacher",
      roles: { student: { legacy_id: "v2" } },
      name: { first: "Ada", middle: null, last: "L" },
      email: null,
      loginSource: "app",
    })
  })

  it("R49 whose user can't be read has the role of /userinfo", async () => {
    library(lying)
    expect(await identifyAll()).toEqual({
      identity: {
        issuer: lying.issuer,
        cleverId: person.id,
        legacyIds: [person.legacyId],
        districtId: null,
        authorizedBy: "teacher",
        roles: { student: {} },
        name: { first: person.first, middle: null, last: "P" },
        loginSource: "app",
      },
      loginRole: "student",
    })
    expect(lying.counts).toMatchObject({ me: 1, user: 1, userinfo: 1 })
  })

  it("R12 never has a district, even if an answer names one", async () => {
    meIs({ data: { id: person.id, district: person.district, authorized_by: "teacher" } })
    expect((await identify()).districtId).toBeNull()
  })

  it.each([
    ["teacher", "teacher"],
    ["Teacher", "teacher"],
    ["district admin", "district_admin"],
    ["district_admin", "district_admin"],
    ["school_admin", "staff"],
    ["school admin", "staff"],
    ["staff", "staff"],
  ])("R49 user_type %j is the role %s", async (userType, role) => {
    library(lying)
    lying.lies.userinfo = () => ({ body: { sub: person.id, user_type: userType } })
    expect((await identify()).roles).toEqual({ [role]: {} })
  })

  it.each(["user", "", null, 7, undefined, "__proto__", "constructor", "admin"])(
    "R44 user_type %j is no role",
    async (userType) => {
      library(lying)
      lying.lies.userinfo = () => ({ body: { sub: person.id, user_type: userType } })
      await expect(identify()).rejects.toMatchObject({ code: "LOGIN_WITHOUT_ROLE", httpStatus: 403 })
    },
  )

  it.each([
    ["multi_role_user_id", { multi_role_user_id: "5d00000000000000000000ff" }],
    ["authorized_by", { authorized_by: "district" }],
    ["district and district_id", { district: "d1", district_id: "d2" }],
  ])("R9 a /userinfo with another %s is refused", async (_name, change) => {
    library(lying)
    lying.lies.userinfo = () => ({ body: { sub: person.id, user_type: "student", ...change } })
    await expect(identify()).rejects.toMatchObject({ code: "LOGIN_IDENTITY_MISMATCH" })
  })

  it("R46 who is in neither answer may not use the app", async () => {
    library(lying)
    lying.lies.userinfo = () => ({ status: 404 })
    await expect(identify()).rejects.toMatchObject({ code: "LOGIN_UNAUTHORIZED_USER", retryable: false })
  })

  it("R46 a district's login never falls back to /userinfo", async () => {
    lying.lies.user = () => ({ status: 404 })
    await expect(identify()).rejects.toMatchObject({ code: "LOGIN_UNAUTHORIZED_USER" })
    expect(lying.counts.userinfo).toBe(0)
  })
})

describe("R47 many logins through one provider", () => {
  it("never cross, however their answers interleave", async () => {
    const waiting: (() => void)[] = []
    /** Holds every answer back until ten are waiting, then lets the last go first. */
    async function shuffled(): Promise<void> {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        if (waiting.length === 10) for (const release of waiting.splice(0).reverse()) release()
      })
    }
    const idOf = (name: string): string => `user-${name}`
    const bearer = (authorization: string): string => authorization.replace("Bearer iltoken-", "")
    lying.lies.token = async ({ form }) => {
      const name = form.get("code") ?? ""
      await shuffled()
      const { header, claims } = lying.honestToken()
      const own = { ...claims, sub: idOf(name), multi_role_user_id: idOf(name), nonce: `nonce-${name}` }
      return { body: { access_token: `iltoken-${name}`, id_token: lying.sign({ header, claims: own }) } }
    }
    lying.lies.me = async ({ authorization }) => {
      await shuffled()
      return { body: { data: { id: idOf(bearer(authorization)), district: person.district } } }
    }
    lying.lies.user = async ({ authorization, path }) => {
      await shuffled()
      const name = bearer(authorization)
      if (!path.endsWith(`/${idOf(name)}`)) return { status: 403 }
      return {
        body: {
          data: { id: idOf(name), district: person.district, name: { first: name }, roles: { student: {} } },
        },
      }
    }
    const { provider } = testProvider({ authUrl: lying.url, apiUrl: lying.url, clientId })
    const names = Array.from({ length: 10 }, (_, index) => `n${index}`)
    const identities = await Promise.all(
      names.map(async (name) => {
        const own = await provider.redeem({
          code: name,
          redirectUri,
          nonce: `nonce-${name}`,
          codeVerifier: null,
          callbackIss: null,
        })
        expect(own.accessToken).toBe(`iltoken-${name}`)
        const { identity } = await provider.identify({ redeemed: own, loginSource: "app", email: false })
        return identity
      }),
    )
    expect(identities.map(({ cleverId, name }) => [cleverId, name.first])).toEqual(
      names.map((name) => [idOf(name), name]),
    )
    expect(lying.counts).toMatchObject({ discovery: 1, keys: 1, token: 10, me: 10, user: 10 })
  })
})

describe("R60 whatever an answer is made of", () => {
  const hostile = fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty")
  const word = fc.oneof(
    hostile,
    fc.constantFrom(
      ...[
        "id",
        "district",
        "type",
        "authorized_by",
        "data",
        "links",
        "roles",
        "student",
        "teacher",
        "name",
        "email",
      ],
      ...["legacy_id", "schools", "first", "last", "sub", "user_type"],
    ),
  )
  const { value: json } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(person.id, person.district, "district", "teacher", ""),
      hostile,
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.array(fc.tuple(word, tie("value")), { maxLength: 6 }).map(asObjectText),
    ),
  }))

  /** An object whose `__proto__` is a key, as only JSON text makes one. */
  function asObjectText(entries: readonly (readonly [string, unknown])[]): unknown {
    return JSON.parse(
      `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`,
    )
  }

  it("/me, /users and /userinfo end in an identity of the right shape, or in an error of ours", async () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    const answer = fc.oneof(
      { weight: 1, arbitrary: json },
      {
        weight: 3,
        arbitrary: fc
          .array(fc.tuple(word, json), { maxLength: 4 })
          .map((entries) =>
            asObjectText([
              ["id", person.id],
              ["district", person.district],
              ["roles", { student: {} }],
              ...entries,
            ]),
          ),
      },
    )
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(answer, answer, answer, async (me, user, info) => {
        const bodies: Record<string, unknown> = { "/v3.1/me": me, "/userinfo": info }
        const { provider } = testProvider({
          authUrl: new URL("https://clever.com"),
          apiUrl: new URL("https://api.clever.com"),
          fetch: async (input) => {
            const { pathname } = new URL(input instanceof Request ? input.url : String(input))
            return Response.json(pathname in bodies ? bodies[pathname] : { data: user })
          },
        })
        try {
          const { identity } = await provider.identify({ redeemed, loginSource: "app", email: true })
          accepted++
          expect(identity.cleverId).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]*$/)
          expect(Object.keys(identity.roles).length).toBeGreaterThan(0)
          for (const key of Object.keys(identity.roles))
            expect(["student", "teacher", "staff", "district_admin", "contact"]).toContain(key)
          for (const text of [...Object.values(identity.name), identity.email])
            expect(text === null || typeof text === "string").toBe(true)
          expect((identity.districtId === null) === (identity.authorizedBy === "teacher")).toBe(true)
          expect(Object.getPrototypeOf(identity)).toBe(Object.prototype)
        } catch (error) {
          if (!(error instanceof HomeroomError)) throw error
          expect(error.code).not.toBe("INTERNAL")
        }
      }),
      { numRuns: 300 },
    )
    expect(accepted).toBeGreaterThan(10)
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    expect(({} as Record<string, unknown>).admin).toBeUndefined()
  })
})

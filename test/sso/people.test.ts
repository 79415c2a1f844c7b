import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { fault } from "../../src/simulator/index.ts"
import type { CleverIdentity } from "../../src/sso/index.ts"
import { doors } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"

interface RecordLike {
  readonly id: string
  readonly email?: string
  readonly roles: Readonly<Record<string, object>>
}

describe.each(doors)("$name: who logs in", (door) => {
  test("R54 an identity holds no e-mail address and no token unless asked for", async () => {
    const identities: CleverIdentity[] = []
    const hooks = { resolve: ({ identity }: { identity: CleverIdentity }) => void identities.push(identity) }
    for (const email of [false, true]) {
      const world = await openLoginWorld({ door, hooks, sso: { email } })
      await world.logIn(world.browser(world.person("teacher")))
      const tokens = world.simulator.signIn.tokens.list().map(({ token }) => token)
      expect(tokens).toHaveLength(1)
      for (const text of [
        JSON.stringify(identities),
        inspect(identities, { depth: null, showHidden: true }),
      ]) {
        expect(text).not.toContain(tokens[0])
      }
    }
    const [without, withEmail] = identities
    expect(without).not.toHaveProperty("email")
    expect(withEmail).toHaveProperty("email")
    expect(Object.keys(without!).sort()).toEqual([
      "authorizedBy",
      "cleverId",
      "districtId",
      "issuer",
      "legacyIds",
      "loginSource",
      "name",
      "roles",
    ])
  })

  test("R10 a session names issuer and Clever id, and holds neither name nor address", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const { status: _, ...session } = await world.whoami(browser)
    expect(Object.keys(session).sort()).toEqual([
      "accountId",
      "authorizedBy",
      "cleverId",
      "displayName",
      "districtId",
      "epochs",
      "expiresAt",
      "id",
      "issuedAt",
      "issuer",
      "loginSource",
      "loginStateHash",
      "roles",
      "seenAt",
    ])
    expect(session).toMatchObject({
      issuer: world.simulator.authUrl,
      cleverId: world.person("student"),
      accountId: null,
      displayName: null,
    })
  })

  test("R12 somebody of another district than the one asked for is refused", async () => {
    const [asked, other] = (await openLoginWorld({ door, simulator: { districts: 2 } })).simulator.districts
    for (const sso of [{ districtId: asked!.id }, { allowedDistricts: [asked!.id] }]) {
      const world = await openLoginWorld({ door, simulator: { districts: 2 }, sso })
      const browser = world.browser(other!.people[0]!.id)
      // Whatever Clever was told: somebody else's browser comes back with the code.
      const back = await world.begin(world.browser(), "/auth/clever/login").catch(() => undefined)
      expect(back?.pathname ?? "/login").toMatch(/^\/login/)
      const start = await browser.request(`${world.app}/auth/clever/login`)
      const address = new URL(start.location!)
      address.searchParams.delete("district_id")
      const { location } = await browser.request(address)
      const answer = await browser.request(location!)
      expect(answer.status).toBe(403)
      expect(answer.body).toContain("LOGIN_DISTRICT_NOT_ALLOWED")
      expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    }
  })

  test("R12 a login that was started for one district is not for another's people", async () => {
    const world = await openLoginWorld({ door, simulator: { districts: 2 } })
    const [asked, other] = world.simulator.districts
    for (const options of [
      { districtId: asked!.id },
      { districtId: asked!.id, linkAccountId: "account-7" },
    ]) {
      const browser = world.browser(other!.people[0]!.id)
      const { headers } = await world.sso.start({ headers: {} }, options)
      const address = new URL(headers.find(([name]) => name === "location")![1])
      expect(address.searchParams.get("district_id")).toBe(asked!.id)
      address.searchParams.delete("district_id")
      browser.keep(world.app, headers)
      const { location } = await browser.request(address)
      const answer = await browser.request(location!)
      expect(answer.status).toBe(403)
      expect(answer.body).toContain("LOGIN_DISTRICT_NOT_ALLOWED")
      expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    }
  })

  test("R12 no login starts for a district that the app does not take", async () => {
    const world = await openLoginWorld({ door, simulator: { districts: 2 } })
    const [own, other] = world.simulator.districts
    for (const sso of [{ districtId: own!.id }, { allowedDistricts: [own!.id] }]) {
      const narrow = await openLoginWorld({ door, sso })
      const answer = await narrow.sso.start({ headers: {} }, { districtId: other!.id })
      expect(answer.status).toBe(403)
      expect(answer.body).toContain("LOGIN_DISTRICT_NOT_ALLOWED")
      expect(answer.headers.map(([name]) => name)).not.toContain("set-cookie")
      expect((await narrow.sso.start({ headers: {} }, { districtId: own!.id })).status).toBe(303)
    }
  })

  test("R46 somebody with whom the app is not shared is told so, where the app asks to hear of it", async () => {
    const world = await openLoginWorld({ door })
    const id = world.person("student")
    world.simulator.signIn.unshare(id)
    const browser = world.browser(id)
    // Without return_unshared Clever keeps them on a page of its own.
    const kept = await browser.open(`${world.app}/auth/clever/login`)
    expect(kept.url.origin).toBe(world.simulator.authUrl)
    const asking = await world.sso.start({ headers: {} }, { returnUnshared: true })
    const at = new URL(asking.headers.find(([name]) => name === "location")![1])
    expect(at.searchParams.get("return_unshared")).toBe("true")
    browser.keep(world.app, asking.headers)
    const { location } = await browser.request(at)
    const answer = await browser.request(location!)
    expect(answer.status).toBe(403)
    expect(answer.body).toContain("LOGIN_UNAUTHORIZED_USER")
    expect(world.exchanges()).toBe(0)
  })

  test("R46 somebody who is taken away between the login and the answer is told so", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    world.simulator.faults.add({ match: /\/users\//, fault: fault.answer({ status: 404 }) })
    const answer = await browser.request(back)
    expect(answer.status).toBe(403)
    expect(answer.body).toContain("LOGIN_UNAUTHORIZED_USER")
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test.each([
    ["by default", {}, 303],
    ["not with library: false", { library: false }, 403],
    ["not where a district is asked for", { districtId: "DISTRICT" }, 403],
    ["not with oidc: required", { oidc: "required" as const }, 502],
  ])("R49 a Library login, without district and id_token, is let in %s", async (_, given, status) => {
    const apps = [{ library: true, oidc: true }]
    const plain = await openLoginWorld({ door })
    const districtId = plain.simulator.districts[0]!.id
    const sso = "districtId" in given ? { districtId } : given
    const world = await openLoginWorld({ door, sso, simulator: { apps } })
    const id = world.person("teacher")
    world.simulator.signIn.install(id, world.simulator.signIn.apps[0]!)
    const browser = world.browser(id)
    const back = await world.begin(browser)
    expect((await browser.request(back)).status).toBe(status)
    expect(await world.whoami(browser)).toMatchObject(
      status === 303 ? { cleverId: id, districtId: null, authorizedBy: "teacher" } : { status: 401 },
    )
  })

  test.each([
    ["where Clever offers it", true, ["S256", expect.stringMatching(/^[\w-]{43}$/)]],
    ["not where it does not", false, [null, null]],
  ])("R51 a login uses PKCE %s", async (_, pkce, expected) => {
    const world = await openLoginWorld({ door, simulator: { oidc: true, apps: [{ oidc: true, pkce }] } })
    const browser = world.browser(world.person("student"))
    const { location } = await browser.request(`${world.app}/auth/clever/login`)
    const sent = ["code_challenge_method", "code_challenge"].map((name) => location!.searchParams.get(name))
    expect(sent).toEqual(expected)
    expect((await browser.request((await browser.request(location!)).location!)).status).toBe(303)
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
  })

  test("R47 logins of many people through one client, all at once, never cross", async () => {
    const world = await openLoginWorld({
      door,
      simulator: { oidc: true, districts: 2 },
      hooks: {
        resolve: async ({ identity }) => {
          await new Promise((resolve) => setImmediate(resolve))
          return { accountId: identity.cleverId }
        },
      },
    })
    const ids = world.simulator.districts.flatMap(({ people }) => people.map(({ id }) => id))
    const browsers = ids.map((id) => world.browser(id))
    const backs = await Promise.all(browsers.map((browser) => world.begin(browser)))
    await Promise.all(browsers.map((browser, index) => browser.request(backs[index]!)))
    const sessions = await Promise.all(browsers.map((browser) => world.whoami(browser)))
    expect(sessions.map(({ cleverId, accountId }) => [cleverId, accountId])).toEqual(
      ids.map((id) => [id, id]),
    )
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(ids.length)
    // What is Clever's own is read once for all of them.
    expect(world.requests("/.well-known/openid-configuration")).toBe(1)
    expect(world.requests("/oauth/certs")).toBe(1)
  })

  test("R47 two clients in one process, with apps and secrets of their own, never cross", async () => {
    const worlds = [
      await openLoginWorld({ door }),
      await openLoginWorld({
        door,
        simulator: { seed: 2 },
        sso: { cookieSecret: "the secret of quite another app, 32 bytes" },
      }),
    ] as const
    const browsers = worlds.map((world) => world.browser(world.person("student")))
    const backs = await Promise.all(worlds.map((world, index) => world.begin(browsers[index]!)))
    const [first, second] = worlds
    const foreign = new URL(`${second.app}${backs[0]!.pathname}${backs[0]!.search}`)
    expect((await browsers[0]!.request(foreign)).status).toBe(400)
    await Promise.all(browsers.map((browser, index) => browser.request(backs[index]!)))
    expect(await first.whoami(browsers[0]!)).toMatchObject({ cleverId: first.person("student") })
    expect(await second.whoami(browsers[1]!)).toMatchObject({ cleverId: second.person("student") })
    // Cookies know no ports: the one app's session is shown to the other.
    expect(await second.whoami(browsers[0]!)).toMatchObject({ status: 401 })
  })
})

describe("everybody of a district, odd records included", () => {
  const [door] = doors.slice(-1)

  test("R43 R44 logs in, with all roles, however they are written and whether or not they have an address", async () => {
    const identities = new Map<string, CleverIdentity>()
    const world = await openLoginWorld({
      door: door!,
      simulator: { users: 150 },
      sso: { email: true, session: { displayName: true } },
      hooks: { resolve: ({ identity }) => void identities.set(identity.cleverId, identity) },
    })
    const texts = world.simulator.districts[0]!.data.texts("user")
    const people = [...texts.values()].map((text) => JSON.parse(text) as RecordLike)
    const usable = people.filter(({ roles }) => Object.keys(roles).length > 0)
    for (const { id, email, roles } of usable) {
      const browser = world.browser(id)
      await world.logIn(browser)
      expect(await world.whoami(browser)).toMatchObject({ cleverId: id })
      expect(Object.keys(identities.get(id)!.roles).sort()).toEqual(Object.keys(roles).sort())
      expect(identities.get(id)!.email).toBe(email === "" || email === undefined ? null : email)
    }
    expect(usable.length).toBeGreaterThan(100)
    expect(usable.some(({ email }) => email === undefined)).toBe(true)
    expect(usable.some(({ roles }) => Object.keys(roles).length > 1)).toBe(true)
  })
})

import { describe, expect, it } from "vitest"
import { authorizePath, basicOf, browserOf, callback, exchange, firstApp, personWith } from "./browser.ts"
import { ask, openSimulator } from "./support.ts"

describe("codes", () => {
  const invalid = { error: "invalid_grant", error_description: "invalid code" }

  it("are good for one exchange", async () => {
    const simulator = await openSimulator({ users: 60 })
    const { code } = simulator.signIn.issueCode(personWith(simulator, "student"), { redirectUri: callback })
    expect((await exchange(simulator, code)).status).toBe(200)
    expect(await exchange(simulator, code)).toMatchObject({ status: 400, body: invalid })
    expect(await exchange(simulator, "unknown")).toMatchObject({ status: 400, body: invalid })
    expect(simulator.signIn.codes.list()).toMatchObject([{ code, redeemed: 1 }])
    simulator.signIn.codes.replayable = true
    expect((await exchange(simulator, code)).status).toBe(200)
    expect(simulator.signIn.codes.list()).toMatchObject([{ redeemed: 2 }])
  })

  it("of twenty exchanges at once, one succeeds", async () => {
    const simulator = await openSimulator({ users: 60, oidc: true })
    const { code } = simulator.signIn.issueCode(personWith(simulator, "student"), { redirectUri: callback })
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(simulator, code)))
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
  })

  it("live for a minute of simulated time", async () => {
    const simulator = await openSimulator({ users: 60 })
    const id = personWith(simulator, "student")
    const issue = () => simulator.signIn.issueCode(id, { redirectUri: callback }).code
    const [one, two] = [issue(), issue()]
    simulator.clock.advance(60_000)
    expect((await exchange(simulator, one)).status).toBe(200)
    simulator.clock.advance(1)
    expect(await exchange(simulator, two)).toMatchObject({ status: 400, body: invalid })
  })

  it("are bound to their app and redirect URI, and a wrong attempt does not spend them", async () => {
    const simulator = await openSimulator({ users: 60, apps: [{ name: "One" }, { name: "Two" }] })
    const { code } = simulator.signIn.issueCode(personWith(simulator, "student"), { redirectUri: callback })
    const stranger = await exchange(simulator, code, { app: simulator.signIn.apps[1]! })
    expect(stranger).toMatchObject({ status: 400, body: invalid })
    const elsewhere = await exchange(simulator, code, { fields: { redirect_uri: `${callback}/` } })
    expect(elsewhere).toMatchObject({ status: 400, body: { error: "invalid_grant" } })
    const otherGrant = await exchange(simulator, code, { fields: { grant_type: "refresh_token" } })
    expect(otherGrant).toMatchObject({ status: 400, body: { error: "unsupported_grant_type" } })
    expect((await exchange(simulator, code)).status).toBe(200)
  })

  it("can be had without a browser, unless the person has no access or the app no address", async () => {
    const simulator = await openSimulator({ users: 60 })
    const { signIn } = simulator
    const id = personWith(simulator, "student")
    expect(() => signIn.issueCode(id)).toThrow(/no redirect URI/)
    signIn.setRedirectUris([callback])
    const issued = signIn.issueCode(id)
    expect([...new URL(issued.callbackUrl).searchParams.keys()]).toEqual(["code", "scope"])
    expect(() => signIn.issueCode("nobody")).toThrow(/No district has/)
    expect(() => signIn.issueCode(id, { role: "teacher" })).toThrow(/no such role/)
    signIn.unshare(id)
    expect(() => signIn.issueCode(id)).toThrow(/unshared/)
  })
})

describe("the token endpoint", () => {
  it("takes forms and JSON, and no other body", async () => {
    const simulator = await openSimulator({ users: 60 })
    const id = personWith(simulator, "student")
    const post = (body: string | FormData, type?: string) =>
      fetch(`${simulator.authUrl}/oauth/tokens`, {
        method: "POST",
        headers: {
          authorization: basicOf(firstApp(simulator)),
          ...(type === undefined ? {} : { "content-type": type }),
        },
        body,
      })
    const fields = () => ({
      grant_type: "authorization_code",
      code: simulator.signIn.issueCode(id, { redirectUri: callback }).code,
      redirect_uri: callback,
    })
    const json = await post(JSON.stringify(fields()), "application/json; charset=utf-8")
    expect(json.status).toBe(200)
    expect(json.headers.get("content-type")).toBe("application/json; charset=utf-8")
    expect(json.headers.get("cache-control")).toBe("no-store")
    const multipart = new FormData()
    for (const [name, value] of Object.entries(fields())) multipart.set(name, value)
    const refused = await post(multipart)
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({
      error: "invalid_request",
      error_description: "invalid content-type",
    })
    expect((await post("{", "application/json")).status).toBe(400)
    expect((await post("[]", "application/json")).status).toBe(400)
  })

  it("knows an app by its id and secret, each form-encoded (R41)", async () => {
    const odd = { clientId: "id:with%+ü", clientSecret: "s:e%c+r e/t=ß" }
    const simulator = await openSimulator({ users: 60, ...odd })
    const id = personWith(simulator, "student")
    const attempt = async (authorization: string | undefined) => {
      const { code } = simulator.signIn.issueCode(id, { redirectUri: callback })
      const headers = authorization === undefined ? { authorization: "" } : { authorization }
      const { status, body } = await exchange(simulator, code, { headers })
      return status === 200 ? 200 : `${status} ${body.error}`
    }
    const basic = (user: string, secret: string) =>
      `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`
    const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)
    expect(await attempt(basic(encoded(odd.clientId), encoded(odd.clientSecret)))).toBe(200)
    for (const wrong of [
      undefined,
      "Bearer x",
      "Basic",
      "Basic ####",
      basic(odd.clientId, odd.clientSecret),
      basic(encoded(odd.clientId), "wrong"),
      basic("wrong", encoded(odd.clientSecret)),
      basic(encoded(odd.clientId), ""),
    ]) {
      expect(await attempt(wrong)).toBe("401 invalid_client")
    }
  })

  it("says no token type, or the one it is told to", async () => {
    const simulator = await openSimulator({ users: 60, apps: [{ tokenType: "bearer" }] })
    const app = firstApp(simulator)
    const id = personWith(simulator, "student")
    const bodyOf = async () =>
      (await exchange(simulator, simulator.signIn.issueCode(id, { redirectUri: callback }).code)).body
    expect(await bodyOf()).toEqual({
      access_token: expect.stringMatching(/^il[0-9a-f]{40}$/),
      token_type: "bearer",
    })
    app.tokenType = "mac"
    expect(await bodyOf()).toMatchObject({ token_type: "mac" })
    app.tokenType = "absent"
    expect(Object.keys(await bodyOf())).toEqual(["access_token"])
  })

  it("still lists district tokens, to every app that the district uses", async () => {
    const simulator = await openSimulator({ users: 60, districts: 2, apps: [{}, { name: "Two" }] })
    const [, two] = simulator.signIn.apps
    two!.districts = [simulator.districts[1]!.id]
    const list = async (app: { clientId: string; clientSecret: string }) => {
      const response = await fetch(`${simulator.authUrl}/oauth/tokens?owner_type=district`, {
        headers: { authorization: basicOf(app) },
      })
      return ((await response.json()) as { data: unknown[] }).data.length
    }
    expect(await list(simulator)).toBe(2)
    expect(await list(two!)).toBe(1)
  })

  it("a code has the role and the person of its session, also for an admin who logged in as somebody", async () => {
    const simulator = await openSimulator({ apps: [{ loginAsByAdmin: true }] })
    const { signIn } = simulator
    const [student, admin] = [personWith(simulator, "student"), personWith(simulator, "district_admin")]
    const browser = browserOf(simulator, student)
    const path = authorizePath(firstApp(simulator))
    expect((await browser.open(path)).location?.searchParams.get("loginas_by_admin")).toBe(null)
    browser.cookies.set("clever-session", signIn.logIn(student, { byAdmin: admin }).id)
    expect((await browser.open(path)).location?.searchParams.get("loginas_by_admin")).toBe("true")
    expect((await ask(simulator, "/oauth/authorize")).status).toBe(400)
  })
})

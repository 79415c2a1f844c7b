import { describe, expect, it } from "vitest"
import { authorizePath, Browser, browserOf, callback, element, firstApp, personWith } from "./browser.ts"
import { openSimulator } from "./support.ts"

const other = "http://127.0.0.1:4000/other"

describe("redirect URIs", () => {
  it("must be one that is set up, to the last character; left out, the first is taken", async () => {
    const simulator = await openSimulator({ redirectUris: [callback, "https://app.example/cb?x=1"] })
    const browser = browserOf(simulator, personWith(simulator, "student"))
    const app = firstApp(simulator)
    for (const wrong of [
      `${callback}/`,
      `${callback}?a=1`,
      other,
      "",
      "https://app.example/cb",
      "javascript:1",
    ]) {
      const page = await browser.open(authorizePath(app, { redirect_uri: wrong }))
      expect(page.status).toBe(400)
      expect(page.headers.get("content-type")).toMatch(/^text\/html/)
      expect(element(page, "error")).toContain('data-reason="redirect-uri"')
      expect(page.text).not.toContain("code=")
    }
    const second = await browser.open(authorizePath(app, { redirect_uri: "https://app.example/cb?x=1" }))
    expect(second.location?.href).toMatch(/^https:\/\/app\.example\/cb\?x=1&code=/)
    const left = await browser.open(`/oauth/authorize?response_type=code&client_id=${app.clientId}`)
    expect(left.location?.href.startsWith(`${callback}?code=`)).toBe(true)
    simulator.signIn.setRedirectUris([other])
    expect((await browser.open(authorizePath(app))).status).toBe(400)
    expect(simulator.signIn.codes.list().map((code) => code.redirectUri)).toEqual([
      "https://app.example/cb?x=1",
      callback,
    ])
  })

  it("may be any of this machine while none is set up; the first one seen is the primary one", async () => {
    const simulator = await openSimulator()
    const app = firstApp(simulator)
    const browser = browserOf(simulator, personWith(simulator, "student"))
    const early = await browser.open(`/portal/apps/${app.clientId}`)
    expect(element(early, "error")).toContain("no-redirect-uri")
    for (const wrong of [
      "http://app.example/cb",
      "http://127.0.0.1.app.example/",
      "http://localhost@app.example/",
      "ftp://localhost/",
      "//localhost/",
      "http://128.0.0.1/",
      "https://localhost/#part",
    ]) {
      expect((await browser.open(authorizePath(app, { redirect_uri: wrong }))).status).toBe(400)
    }
    for (const right of [
      callback,
      "https://localhost:8443/cb",
      "http://[::1]:3000/cb",
      "http://app.localhost/cb",
    ]) {
      const { location } = await browser.open(authorizePath(app, { redirect_uri: right }))
      expect(location?.href.startsWith(`${right}?code=`)).toBe(true)
    }
    expect(app.primaryRedirectUri).toBe(callback)
    const launched = await browser.open(`/portal/apps/${app.clientId}`)
    expect(launched.location?.href.startsWith(`${callback}?code=`)).toBe(true)
  })

  it("that are no addresses are refused at once", async () => {
    const wrong = openSimulator({ redirectUris: [callback, "nowhere"] })
    await expect(wrong).rejects.toMatchObject({ code: "INVALID_OPTIONS" })
  })
})

describe("the parameters of /oauth/authorize", () => {
  it("state comes back as it was sent, and only if it was; scope and unknown ones are ignored", async () => {
    const simulator = await openSimulator()
    const app = firstApp(simulator)
    const browser = browserOf(simulator, personWith(simulator, "student"))
    const plain = await browser.open(
      authorizePath(app, { scope: "openid everything", prompt: "login", max_age: "0" }),
    )
    expect([...plain.location!.searchParams.keys()]).toEqual(["code", "scope"])
    expect(plain.location!.searchParams.get("scope")).toBe(app.scopes.join(" "))
    const odd = "a b&c=d%+ü"
    const stated = await browser.open(authorizePath(app, { state: odd }))
    expect(stated.location!.searchParams.get("state")).toBe(odd)
    const empty = await browser.open(authorizePath(app, { state: "" }))
    expect(empty.location!.searchParams.get("state")).toBe("")
  })

  it("an unknown client, another response type and an unknown district end on Clever's own page", async () => {
    const simulator = await openSimulator()
    const app = firstApp(simulator)
    const browser = browserOf(simulator, personWith(simulator, "student"))
    for (const [parameters, reason, status] of [
      [{ client_id: "unknown" }, "unknown-client", 400],
      [{ response_type: "token" }, "response-type", 400],
      [{ district_id: "0".repeat(24) }, "unknown-district", 404],
    ] as const) {
      const page = await browser.open(authorizePath(app, parameters))
      expect(page.status).toBe(status)
      expect(element(page, "error")).toContain(`data-reason="${reason}"`)
    }
    expect(simulator.signIn.codes.list()).toEqual([])
  })

  it("district_id skips the school picker, and asks again where somebody of another district is logged in", async () => {
    const simulator = await openSimulator({ districts: 2, users: 60 })
    const [one, two] = simulator.districts
    const app = firstApp(simulator)
    const fresh = await new Browser(simulator).open(authorizePath(app, { district_id: two!.id }))
    expect(element(fresh, "title")).toContain(two!.name)
    const browser = browserOf(simulator, personWith(simulator, "teacher"))
    expect((await browser.open(authorizePath(app, { district_id: one!.id }))).location?.href).toContain(
      callback,
    )
    const elsewhere = await browser.open(authorizePath(app, { district_id: two!.id }))
    expect(element(elsewhere, "title")).toContain(two!.name)
    const teacher = two!.people.find((person) => person.role === "teacher")!
    const back = await browser.submit(elsewhere, "login-form", { username: teacher.userName, password: "p" })
    expect(back.location?.href).toContain(callback)
    expect(simulator.signIn.codes.list().at(-1)?.grant).toMatchObject({
      personId: teacher.id,
      districtId: two!.id,
    })
  })

  it("confirmed=false has students confirm who they are, and nobody else", async () => {
    const simulator = await openSimulator()
    const app = firstApp(simulator)
    const path = authorizePath(app, { confirmed: "false", state: "s" })
    const [student, second] = simulator.districts[0]!.people.filter((person) => person.role === "student")
    const browser = browserOf(simulator, student!.id)
    const page = await browser.open(path)
    expect(element(page, "who")).toContain(student!.name)
    expect((await browser.follow(page, "confirm")).location?.searchParams.get("state")).toBe("s")
    const login = await browser.follow(page, "switch")
    const back = await browser.submit(login, "login-form", { username: second!.userName, password: "p" })
    expect(back.location?.searchParams.get("state")).toBe("s")
    expect(simulator.signIn.codes.list().map((code) => code.grant.personId)).toEqual([
      student!.id,
      second!.id,
    ])
    const teacher = browserOf(simulator, personWith(simulator, "teacher"))
    expect((await teacher.open(path)).location?.href).toContain(callback)
  })

  it("a session ends after two hours, and with it every one of that browser's logins", async () => {
    const simulator = await openSimulator()
    const app = firstApp(simulator)
    const browser = browserOf(simulator, personWith(simulator, "student"))
    simulator.clock.advance(7_199_000)
    expect((await browser.open(authorizePath(app))).location?.href).toContain(callback)
    simulator.clock.advance(1_000)
    expect(element(await browser.open(authorizePath(app)), "title")).toContain("Find your school")
  })
})

describe("people without access to an app", () => {
  const reasonOf = (page: { text: string }) => /data-reason="([^"]+)"/.exec(page.text)?.[1]

  it("stay at Clever, whatever the reason, and the app learns nothing", async () => {
    const simulator = await openSimulator({ districts: 2, users: 60 })
    const { signIn, districts } = simulator
    const app = firstApp(simulator)
    const id = personWith(simulator, "student")
    const browser = browserOf(simulator, id)
    const reason = async () => {
      const page = await browser.open(authorizePath(app, { state: "s" }))
      return page.status === 302 ? "none" : `${page.status} ${reasonOf(page)}`
    }
    expect(await reason()).toBe("none")
    signIn.unshare(id)
    expect(await reason()).toBe("403 unshared")
    signIn.reshare(id)
    districts[0]!.unshare({ ids: [id] })
    expect(await reason()).toBe("403 unshared")
    districts[0]!.reshare({ ids: [id] })
    app.userTypes = ["teacher", "staff"]
    expect(await reason()).toBe("403 unsupported-user-type")
    app.userTypes = ["student"]
    expect(await reason()).toBe("none")
    app.districts = [districts[1]!.id]
    expect(await reason()).toBe("403 not-launched")
    app.districts = "all"
    districts[0]!.disconnect()
    expect(await reason()).toBe("403 not-launched")
    districts[0]!.connect()
    expect(await reason()).toBe("none")
  })

  it("are sent back with an error if the app asked for it", async () => {
    const simulator = await openSimulator()
    const id = personWith(simulator, "student")
    simulator.signIn.unshare(id)
    const browser = browserOf(simulator, id)
    const path = (more: Record<string, string>) =>
      authorizePath(firstApp(simulator), { return_unshared: "true", ...more })
    expect((await browser.open(path({ state: "s" }))).location?.href).toBe(
      `${callback}?error=unauthorized-user&state=s`,
    )
    expect((await browser.open(path({}))).location?.href).toBe(`${callback}?error=unauthorized-user`)
    expect((await browser.open(path({ return_unshared: "yes" }))).status).toBe(403)
  })

  it("several apps: each has its own people", async () => {
    const simulator = await openSimulator({ apps: [{ name: "One" }, { name: "Two", redirectUris: [other] }] })
    const [one, two] = simulator.signIn.apps
    expect(one!.clientId).toBe(simulator.clientId)
    const id = personWith(simulator, "teacher")
    simulator.signIn.unshare(id, two)
    const browser = browserOf(simulator, id)
    expect((await browser.open(authorizePath(one!))).status).toBe(302)
    expect((await browser.open(authorizePath(two!, { redirect_uri: other }))).status).toBe(403)
    const three = simulator.signIn.addApp({ name: "Three", redirectUris: [other] })
    expect((await browser.open(authorizePath(three, { redirect_uri: other }))).status).toBe(302)
    expect(() => simulator.signIn.addApp({ clientId: three.clientId })).toThrow(/client id/)
  })
})

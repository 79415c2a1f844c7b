import { request } from "node:https"
import { describe, expect, it } from "vitest"
import { fault } from "../../src/simulator/index.ts"
import {
  authorizePath,
  Browser,
  browserOf,
  callback,
  element,
  exchange,
  firstApp,
  jwtPart,
  personWith,
  userToken,
} from "./browser.ts"
import { selfSigned } from "./self-signed.ts"
import { ask, openSimulator } from "./support.ts"

describe("faults", () => {
  it("hit the token endpoint and hand its body on, even twice", async () => {
    const simulator = await openSimulator({ users: 60 })
    const id = personWith(simulator, "student")
    const issue = () => simulator.signIn.issueCode(id, { redirectUri: callback }).code
    simulator.faults.add({ fault: fault.delay({ ms: 0 }), match: "/oauth/tokens" })
    expect((await exchange(simulator, issue())).status).toBe(200)
    const asked: number[] = []
    simulator.faults.add({
      match: "/oauth/tokens",
      fault: fault.custom(async (_request, next) => {
        asked.push((await next()).status)
        return next()
      }),
    })
    expect((await exchange(simulator, issue())).body).toMatchObject({ error_description: "invalid code" })
    expect(asked).toEqual([200])
    simulator.faults.clear()
    simulator.faults.add({
      match: "/oauth/tokens",
      fault: fault.rewriteRequest((url) => url.searchParams.set("x", "1")),
    })
    expect((await exchange(simulator, issue())).status).toBe(200)
  })

  it("hit every other part of a login", async () => {
    const simulator = await openSimulator({ users: 60 })
    const id = personWith(simulator, "student")
    const token = await userToken(simulator, id)
    for (const match of [
      "/oauth/authorize",
      "/me",
      "/userinfo",
      "/oauth/certs",
      "/.well-known/openid-configuration",
    ]) {
      const outage = simulator.faults.add({ match, fault: fault.html({ status: 503 }) })
      const answer = await ask(simulator, match === "/me" ? "/v3.1/me" : match, token)
      expect([answer.status, answer.headers.get("content-type")]).toEqual([503, "text/html; charset=utf-8"])
      outage.remove()
    }
    simulator.faults.add({
      match: "/me",
      fault: fault.rewriteJson((body) => ({ ...body, data: { id: "another" } })),
    })
    expect((await ask(simulator, "/v3.1/me", token)).json).toMatchObject({ data: { id: "another" } })
    const browser = browserOf(simulator, id)
    simulator.faults.add({ match: /^\/oauth\/authorize/, fault: fault.delay({ ms: 0 }) })
    expect((await browser.open(authorizePath(firstApp(simulator)))).location?.href).toContain(callback)
  })

  it("forms go through them as well", async () => {
    const simulator = await openSimulator({ users: 60 })
    simulator.faults.add({ fault: fault.delay({ ms: 0 }) })
    const browser = new Browser(simulator)
    const page = await browser.open(`/login/${simulator.districts[0]!.id}`)
    const fields = { username: personWith(simulator, "student"), password: "p" }
    expect(element(await browser.submit(page, "login-form", fields), "apps")).toBeDefined()
  })
})

describe("duplicated callbacks", () => {
  it("a page that calls back in a frame and as a whole, with one code", async () => {
    const simulator = await openSimulator({
      users: 60,
      apps: [{ duplicateCallbacks: true, redirectUris: [callback] }],
    })
    const browser = browserOf(simulator, personWith(simulator, "student"))
    for (const path of [
      authorizePath(firstApp(simulator), { state: "s" }),
      `/portal/apps/${firstApp(simulator).clientId}`,
    ]) {
      const page = await browser.open(path)
      expect(page.status).toBe(200)
      const addresses = [...page.text.matchAll(/(?:src|href|url)="?(http[^"]+)"/g)].map(
        ([, address]) => address,
      )
      expect(addresses).toHaveLength(3)
      expect(new Set(addresses).size).toBe(1)
      expect(addresses[0]).toContain(`${callback}?code=`)
    }
    expect(simulator.signIn.codes.list()).toHaveLength(2)
  })
})

describe("https", () => {
  it("is served with a key and a certificate; addresses, issuer and cookies are those of https", async () => {
    const simulator = await openSimulator({
      users: 60,
      oidc: true,
      tls: { ...selfSigned, hostName: "clever.test" },
    })
    expect(simulator.authUrl).toMatch(/^https:\/\/clever\.test:\d+$/)
    const port = Number(new URL(simulator.authUrl).port)
    const send = (path: string, body?: string) =>
      new Promise<{ status: number | undefined; cookies: string[]; text: string }>((resolve, reject) => {
        const sent = request(
          {
            host: "127.0.0.1",
            port,
            path,
            method: body === undefined ? "GET" : "POST",
            servername: "clever.test",
            ca: selfSigned.cert,
            headers: {
              host: `clever.test:${port}`,
              ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
            },
          },
          (response) => {
            let text = ""
            response.setEncoding("utf8")
            response.on("data", (chunk: string) => {
              text += chunk
            })
            response.on("end", () =>
              resolve({ status: response.statusCode, cookies: response.headers["set-cookie"] ?? [], text }),
            )
          },
        )
        sent.on("error", reject)
        sent.end(body)
      })
    const discovery = await send("/.well-known/openid-configuration")
    expect(JSON.parse(discovery.text)).toMatchObject({ issuer: simulator.authUrl })
    const form = new URLSearchParams({ username: personWith(simulator, "student"), password: "p" })
    const login = await send(`/login/${simulator.districts[0]!.id}`, form.toString())
    expect(login.status).toBe(303)
    expect(login.cookies).toHaveLength(2)
    for (const cookie of login.cookies) expect(cookie).toMatch(/; Secure/)
    expect(
      await simulator.signIn.keys.sign({ iss: simulator.authUrl }).then((token) => jwtPart(token, 1)),
    ).toEqual({
      iss: simulator.authUrl,
    })
  })
})

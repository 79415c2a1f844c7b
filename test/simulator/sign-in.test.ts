import { createPublicKey, verify } from "node:crypto"
import { describe, expect, it } from "vitest"
import type { JsonObject } from "../../src/simulator/json.ts"
import { roleOf } from "../../src/simulator/kinds.ts"
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
} from "./browser.ts"
import { ask, openSimulator } from "./support.ts"

describe("a login from an app's button", () => {
  it("comes straight back with a code while somebody is logged in to Clever, and the code leads to the person", async () => {
    const simulator = await openSimulator({ oidc: true })
    const { districts, signIn, authUrl } = simulator
    const id = personWith(simulator, "teacher")
    const browser = browserOf(simulator, id)
    const visit = await browser.open(authorizePath(firstApp(simulator), { state: "abc", nonce: "n-1" }))
    expect(visit.status).toBe(302)
    expect(visit.headers.get("cache-control")).toBe("no-store")
    const back = visit.location!
    expect(`${back.origin}${back.pathname}`).toBe(callback)
    expect([...back.searchParams.keys()]).toEqual(["code", "scope", "state"])
    expect(back.searchParams.get("state")).toBe("abc")
    expect(back.searchParams.get("scope")).toContain("read:user_id")

    const { status, body } = await exchange(simulator, back.searchParams.get("code")!)
    expect(status).toBe(200)
    expect(Object.keys(body)).toEqual(["access_token", "id_token"])
    const token = String(body.access_token)
    expect(token).toMatch(/^il/)

    const me = await ask(simulator, "/v3.1/me", token)
    expect(me.json).toEqual({
      type: "user",
      data: { id, district: districts[0]!.id, type: "user", authorized_by: "district" },
      links: [
        { rel: "self", uri: "/me" },
        { rel: "canonical", uri: `/v3.1/users/${id}` },
        { rel: "district", uri: `/v3.1/districts/${districts[0]!.id}` },
      ],
    })
    const user = await ask(simulator, `/v3.0/users/${id}`, token)
    expect(user.json.data).toEqual(
      districts[0]!.record("user", id) &&
        districts[0]!.records("user", { apiVersion: "v3.0" }).find((own) => own.id === id),
    )
    expect((await ask(simulator, `/v3.1/districts/${districts[0]!.id}`, token)).json.data).toEqual(
      districts[0]!.record("district", districts[0]!.id),
    )

    const claims = jwtPart(body.id_token, 1)
    const record = districts[0]!.record("user", id)!
    const iat = claims.iat as number
    expect(claims).toEqual({
      iss: authUrl,
      sub: id,
      aud: signIn.apps[0]!.clientId,
      iat,
      exp: iat + 3600,
      nonce: "n-1",
      user_id: roleOf(record, "teacher")?.legacy_id,
      multi_role_user_id: id,
      user_type: "teacher",
      email: record.email,
      email_verified: false,
      given_name: (record.name as { first: string }).first,
      family_name: (record.name as { last: string }).last,
      district: districts[0]!.id,
    })
    expect(claims.user_id).not.toBe(id)
    const discovery = (await ask(simulator, "/.well-known/openid-configuration")).json
    expect(discovery).toMatchObject({ issuer: authUrl, jwks_uri: `${authUrl}/oauth/certs` })
    expect(discovery).not.toHaveProperty("code_challenge_methods_supported")
    const { keys } = (await ask(simulator, "/oauth/certs")).json as { keys: JsonObject[] }
    const [head = "", payload = "", signature = ""] = String(body.id_token).split(".")
    const publicKey = createPublicKey({ key: keys[0]! as never, format: "jwk" })
    expect(
      verify("sha256", Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature, "base64url")),
    ).toBe(true)
    expect(jwtPart(body.id_token, 0)).toMatchObject({ alg: "RS256", kid: keys[0]?.kid })
  })

  it("asks for the school, then for who it is, and goes on to the app", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const student = district!.people.find((person) => person.role === "student")!
    const browser = new Browser(simulator)
    const picker = await browser.open(authorizePath(firstApp(simulator), { state: "s" }))
    expect(element(picker, "title")).toContain("Find your school")
    const login = await browser.follow(picker, `district-${district!.id}`)
    const back = await browser.submit(login, "login-form", { username: student.userName, password: "x" })
    expect(back.location?.href).toMatch(new RegExp(`^${callback}\\?code=`))
    expect(back.location?.searchParams.get("state")).toBe("s")
    expect(simulator.signIn.sessions.list()).toMatchObject([{ personId: student.id, role: "student" }])
  })
})

import { createPublicKey, type JsonWebKey, verify } from "node:crypto"
import { describe, expect, it } from "vitest"
import type { Simulator } from "../../src/simulator/index.ts"
import type { JsonObject } from "../../src/simulator/json.ts"
import { roleOf } from "../../src/simulator/kinds.ts"
import {
  authorizePath,
  browserOf,
  callback,
  exchange,
  firstApp,
  jwtPart,
  personWith,
  s256,
} from "./browser.ts"
import { ask, openSimulator } from "./support.ts"

async function keysOf(simulator: Simulator): Promise<JsonObject[]> {
  return (await ask(simulator, "/oauth/certs")).json.keys as JsonObject[]
}

/** The id of the published key with which a token is signed, or undefined. */
async function signerOf(simulator: Simulator, token: unknown): Promise<unknown> {
  const [head = "", payload = "", signature = ""] = String(token).split(".")
  const key = (await keysOf(simulator)).find((own) => own.kid === jwtPart(token, 0).kid)
  if (key === undefined) return undefined
  const publicKey = createPublicKey({ key: key as JsonWebKey, format: "jwk" })
  const isGood = verify(
    "sha256",
    Buffer.from(`${head}.${payload}`),
    publicKey,
    Buffer.from(signature, "base64url"),
  )
  return isGood ? key.kid : undefined
}

const idTokenOf = async (simulator: Simulator, id: string): Promise<unknown> =>
  (await exchange(simulator, simulator.signIn.issueCode(id, { redirectUri: callback }).code)).body.id_token

describe("OpenID Connect", () => {
  it("is for apps that have it switched on", async () => {
    const simulator = await openSimulator({ users: 60 })
    const id = personWith(simulator, "student")
    expect(await idTokenOf(simulator, id)).toBe(undefined)
    firstApp(simulator).oidc = true
    expect(await idTokenOf(simulator, id)).toBeDefined()
  })

  it("the discovery document names the simulator itself, and the issuer without a slash", async () => {
    const simulator = await openSimulator({ users: 60 })
    const { json } = await ask(simulator, "/.well-known/openid-configuration")
    expect(json).toMatchObject({
      issuer: simulator.authUrl,
      authorization_endpoint: `${simulator.authUrl}/oauth/authorize`,
      token_endpoint: `${simulator.authUrl}/oauth/tokens`,
      userinfo_endpoint: `${simulator.apiUrl}/userinfo`,
      id_token_signing_alg_values_supported: ["RS256"],
      response_types_supported: ["code"],
    })
    expect(json.issuer).not.toMatch(/\/$/)
  })

  it("keys rotate: the old one stays published or leaves", async () => {
    const simulator = await openSimulator({ users: 60, oidc: true })
    const id = personWith(simulator, "student")
    const first = await idTokenOf(simulator, id)
    const [key] = await keysOf(simulator)
    expect(Object.keys(key!).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"])
    expect(await signerOf(simulator, first)).toBe(key!.kid)
    simulator.signIn.rotateKeys({ keepOld: true })
    const second = await idTokenOf(simulator, id)
    expect(await keysOf(simulator)).toHaveLength(2)
    expect(await signerOf(simulator, first)).toBe(key!.kid)
    expect(await signerOf(simulator, second)).not.toBe(key!.kid)
    simulator.signIn.rotateKeys()
    expect(await keysOf(simulator)).toHaveLength(1)
    expect(await signerOf(simulator, first)).toBe(undefined)
    expect(await signerOf(simulator, await idTokenOf(simulator, id))).toBeDefined()
  })

  it("a nonce is in the id_token if it was sent, and never in one of a login from Clever's side", async () => {
    const simulator = await openSimulator({ oidc: true, redirectUris: [callback] })
    const app = firstApp(simulator)
    const browser = browserOf(simulator, personWith(simulator, "teacher"))
    const claimsOf = async (path: string) => {
      const { location } = await browser.open(path)
      return jwtPart((await exchange(simulator, location!.searchParams.get("code")!)).body.id_token, 1)
    }
    expect((await claimsOf(authorizePath(app, { nonce: "n" }))).nonce).toBe("n")
    expect(await claimsOf(authorizePath(app))).not.toHaveProperty("nonce")
    expect(await claimsOf(`/portal/apps/${app.clientId}?nonce=n`)).not.toHaveProperty("nonce")
  })

  it("is dated by the time that clients see, not by the days that were let pass", async () => {
    const wall = new Date("2026-03-01T12:00:00Z")
    const simulator = await openSimulator({ users: 60, oidc: true, wallClock: () => wall })
    const id = personWith(simulator, "teacher")
    simulator.nextDay()
    const claims = jwtPart(await idTokenOf(simulator, id), 1)
    expect(claims).toMatchObject({ iat: wall.getTime() / 1000, exp: wall.getTime() / 1000 + 3600 })
  })

  it("says of an e-mail address what Support has set, and leaves out what a person has not", async () => {
    const simulator = await openSimulator({ users: 60, oidc: true, oddities: false })
    const [district] = simulator.districts
    const app = firstApp(simulator)
    const [student, contact] = [personWith(simulator, "student"), personWith(simulator, "contact")]
    app.emailVerified = true
    expect(jwtPart(await idTokenOf(simulator, student), 1)).toMatchObject({
      user_id: student,
      email_verified: true,
    })
    district!.edit("user", student, { email: undefined })
    expect(jwtPart(await idTokenOf(simulator, student), 1)).not.toHaveProperty("email")
    const claims = jwtPart(await idTokenOf(simulator, contact), 1)
    expect(claims).toHaveProperty("family_name")
    expect(claims).not.toHaveProperty("given_name")
  })

  it("a person of several roles is told in the role of the login; spellings can be others", async () => {
    const simulator = await openSimulator({ oidc: true })
    const [district] = simulator.districts
    const person = district!
      .records("user")
      .find((user) => Object.keys(user.roles as JsonObject).length === 3)
    const id = String(person?.id)
    const { signIn } = simulator
    for (const role of ["teacher", "staff", "district_admin"] as const) {
      const { code } = signIn.issueCode(id, { redirectUri: callback, role })
      const claims = jwtPart((await exchange(simulator, code)).body.id_token, 1)
      const { legacy_id } = roleOf(person!, role)!
      expect(claims).toMatchObject({ sub: id, user_type: role, user_id: legacy_id })
    }
    firstApp(simulator).userTypeNames = { staff: "school_admin" }
    const { code } = signIn.issueCode(id, { redirectUri: callback, role: "staff" })
    expect(jwtPart((await exchange(simulator, code)).body.id_token, 1).user_type).toBe("school_admin")
  })
})

describe("PKCE", () => {
  const verifier = "v".repeat(43)

  it("is neither advertised nor checked by default", async () => {
    const simulator = await openSimulator({ users: 60 })
    const { json } = await ask(simulator, "/.well-known/openid-configuration")
    expect(json).not.toHaveProperty("code_challenge_methods_supported")
    const browser = browserOf(simulator, personWith(simulator, "student"))
    const { location } = await browser.open(
      authorizePath(firstApp(simulator), { code_challenge: s256(verifier), code_challenge_method: "S256" }),
    )
    expect(simulator.signIn.codes.list()).toMatchObject([{ codeChallenge: s256(verifier) }])
    expect((await exchange(simulator, location!.searchParams.get("code")!)).status).toBe(200)
  })

  it("is both, where it is switched on", async () => {
    const simulator = await openSimulator({ users: 60, pkce: true })
    const { json } = await ask(simulator, "/.well-known/openid-configuration")
    expect(json.code_challenge_methods_supported).toEqual(["S256"])
    const browser = browserOf(simulator, personWith(simulator, "student"))
    const path = authorizePath(firstApp(simulator), {
      code_challenge: s256(verifier),
      code_challenge_method: "S256",
    })
    const code = (await browser.open(path)).location!.searchParams.get("code")!
    for (const fields of [{}, { code_verifier: "w".repeat(43) }]) {
      expect(await exchange(simulator, code, { fields })).toMatchObject({
        status: 400,
        body: { error: "invalid_grant" },
      })
    }
    expect((await exchange(simulator, code, { fields: { code_verifier: verifier } })).status).toBe(200)
    const plain = (await browser.open(authorizePath(firstApp(simulator)))).location!.searchParams.get("code")!
    expect((await exchange(simulator, plain)).status).toBe(200)
  })
})

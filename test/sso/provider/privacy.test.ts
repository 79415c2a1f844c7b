import { generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { HomeroomError } from "../../../src/errors/index.ts"
import { Redeemed } from "../../../src/sso/provider/redeemed.ts"
import { clientId, LyingProvider, person } from "../../support/lying-provider.ts"
import { type LieKeys, lieRows } from "../../support/provider-lies.ts"
import { redirectUri, rsaKey, testProvider } from "./world.ts"

const now = Date.parse("2026-11-24T08:00:00Z")
const lying = new LyingProvider({ ...rsaKey(), clock: () => now })
const keys: LieKeys = {
  other: rsaKey(),
  weak: rsaKey(1024),
  ec: generateKeyPairSync("ec", { namedCurve: "P-256" }),
}
const code = "canary-code-1"
const state = "canary-state-1"
const nonce = "nonce-of-this-login"
const codeVerifier = "canary-verifier-0123456789-0123456789-0123456789"

beforeAll(() => lying.start())
afterAll(() => lying.close())
beforeEach(() => lying.reset())

/** Everything that a value, its causes included, gives away when printed in any way. */
function everythingOf(value: unknown): string {
  const parts = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    `${value}`,
  ]
  for (let at = value; typeof at === "object" && at !== null; at = (at as { cause?: unknown }).cause) {
    const { stack = "" } = at as { stack?: string }
    parts.push(stack, JSON.stringify(at), inspect(Object.getOwnPropertyDescriptors(at), { depth: 10 }))
  }
  return parts.join("\n")
}

/** What may come out of nowhere. The person's ids may. */
function secretsOf(idToken: string): string[] {
  const parts = idToken === "" ? [] : idToken.split(".").filter((part) => part.length > 20)
  const basic = Buffer.from(`${clientId}:canary-client-secret`).toString("base64")
  const secrets = [code, state, codeVerifier, nonce, "canary-client-secret", basic, lying.accessToken]
  return [...secrets, ...parts, person.first, person.last, person.email, "canary.pupil"]
}

describe("R16 nothing secret or personal comes out", () => {
  it.each(lieRows)("of the error for: $name", async ({ tell, oidc = "auto", callbackIss }) => {
    lying.nonce = nonce
    tell(lying, keys)
    const { provider } = testProvider({
      authUrl: lying.url,
      apiUrl: lying.url,
      clientId,
      clock: () => now,
      oidc,
    })
    const printed: string[] = []
    try {
      const redeemed = await provider.redeem({
        code,
        redirectUri,
        nonce,
        codeVerifier,
        callbackIss: callbackIss?.(lying) ?? null,
      })
      printed.push(everythingOf(redeemed))
      await provider.identify({ redeemed, loginSource: "app", email: true })
    } catch (error) {
      printed.push(everythingOf(error))
    }
    printed.push(everythingOf(provider))
    const honest = lying.sign(lying.honestToken())
    for (const secret of secretsOf(honest)) expect(printed.join("\n")).not.toContain(secret)
  })

  it("of what the answers quote back", async () => {
    const quoted = `${code} ${codeVerifier} ${lying.accessToken} ${person.first} ${person.email} canary-client-secret`
    const body = { error: quoted, error_description: quoted, error_uri: quoted }
    for (const status of [200, 301, 400, 401, 403, 404, 418, 429, 500]) {
      const headers = {
        location: `https://evil.example/?q=${encodeURIComponent(quoted)}`,
        "www-authenticate": `Basic realm="${quoted}"`,
      }
      for (const endpoint of ["token", "me", "user", "keys"] as const) {
        lying.reset()
        lying.nonce = nonce
        lying.lies[endpoint] = () => ({ status, body, headers })
        const { provider } = testProvider({
          authUrl: lying.url,
          apiUrl: lying.url,
          clientId,
          clock: () => now,
        })
        const error: unknown = await provider
          .redeem({ code, redirectUri, nonce, codeVerifier, callbackIss: null })
          .then((own) => provider.identify({ redeemed: own, loginSource: "app", email: true }))
          .catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(HomeroomError)
        const printed = everythingOf(error)
        for (const secret of secretsOf("")) expect(printed).not.toContain(secret)
      }
    }
  })

  it("of errors that a fetch throws", async () => {
    const error = Object.assign(new Error(`failed ${code} ${lying.accessToken}`), {
      code: "ECONNRESET",
      request: { headers: { authorization: `Bearer ${lying.accessToken}` } },
      cause: new Error(codeVerifier),
    })
    const { provider } = testProvider({
      authUrl: lying.url,
      apiUrl: lying.url,
      clientId,
      fetch: () => Promise.reject(error),
    })
    const redeemed = new Redeemed({ accessToken: lying.accessToken, claims: null })
    const errors = await Promise.allSettled([
      provider.redeem({ code, redirectUri, nonce, codeVerifier, callbackIss: null }),
      provider.identify({ redeemed, loginSource: "app", email: true }),
      testProvider({
        authUrl: lying.url,
        apiUrl: lying.url,
        oidc: "required",
        fetch: () => Promise.reject(error),
      }).provider.traits(),
    ])
    const printed = errors
      .map((result) => everythingOf(result.status === "rejected" ? result.reason : ""))
      .join("\n")
    expect(printed).toContain("ECONNRESET")
    for (const secret of secretsOf("")) expect(printed).not.toContain(secret)
  })

  it("of the token in a Redeemed, which its getter alone gives", () => {
    const claims = { subject: person.id, multiRoleUserId: null, districtId: null, userType: null }
    const redeemed = new Redeemed({ accessToken: "iltoken-secret", claims })
    expect(redeemed.accessToken).toBe("iltoken-secret")
    expect(JSON.parse(JSON.stringify(redeemed))).toEqual({ claims })
    expect(everythingOf({ redeemed })).not.toContain("iltoken-secret")
    expect(everythingOf(redeemed)).not.toContain("iltoken-secret")
    expect({ ...redeemed }).toEqual({ claims })
    expect(structuredClone({ ...redeemed })).toEqual({ claims })
  })
})

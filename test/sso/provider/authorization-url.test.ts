import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { AuthorizationUrlOptions, ProviderOptions } from "../../../src/sso/provider/provider.ts"
import { clientId, LyingProvider } from "../../support/lying-provider.ts"
import { redirectUri, rsaKey, testProvider } from "./world.ts"

const lying = new LyingProvider({ ...rsaKey(), clock: Date.now })

beforeAll(() => lying.start())
afterAll(() => lying.close())
beforeEach(() => lying.reset())

async function parametersOf(
  request: Partial<AuthorizationUrlOptions> = {},
  options: Partial<ProviderOptions> = {},
): Promise<[string, string][]> {
  const { provider } = testProvider({ authUrl: lying.url, apiUrl: lying.url, clientId, ...options })
  const url = await provider.authorizationUrl({
    state: "state-1",
    nonce: "nonce-1",
    codeVerifier: null,
    redirectUri,
    ...request,
  })
  expect(url.origin + url.pathname).toBe(`${lying.issuer}/oauth/authorize`)
  return [...url.searchParams].sort()
}

const least: [string, string][] = [
  ["client_id", clientId],
  ["nonce", "nonce-1"],
  ["redirect_uri", redirectUri],
  ["response_type", "code"],
  ["state", "state-1"],
]

describe("the authorization request", () => {
  it("R53 holds what Clever documents, and nothing else", async () => {
    expect(await parametersOf()).toEqual(least)
  })

  it("R52 a nonce goes with OpenID Connect, never without", async () => {
    expect(await parametersOf({}, { oidc: "off" })).toEqual(least.filter(([name]) => name !== "nonce"))
    expect(await parametersOf({}, { oidc: "required" })).toEqual(
      [...least, ["scope", "openid"]].sort() as [string, string][],
    )
    // Even if the configuration can't be read: an id_token may come all the same.
    lying.lies.discovery = () => ({ status: 503 })
    expect(await parametersOf()).toEqual(least)
  })

  it("R51 a code verifier is sent as its S256 challenge", async () => {
    // RFC 7636, appendix B.
    const codeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    expect(await parametersOf({ codeVerifier })).toEqual([
      ["client_id", clientId],
      ["code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
      ["code_challenge_method", "S256"],
      ...least.slice(1),
    ])
  })

  it.each([
    [["S256"], true],
    [["plain", "S256"], true],
    [["plain"], false],
    [["s256"], false],
    [[], false],
    ["S256", false],
    [undefined, false],
  ])("R51 PKCE with code_challenge_methods_supported %j: %s", async (methods, usesPkce) => {
    lying.lies.discovery = (asked) => ({
      body: { ...(asked.honest as object), code_challenge_methods_supported: methods },
    })
    const { provider } = testProvider({ authUrl: lying.url, apiUrl: lying.url, clientId })
    expect(await provider.traits()).toEqual({ usesOidc: true, usesPkce })
  })

  it("R53 district, confirmation and unshared are passed on", async () => {
    expect(
      await parametersOf({ districtId: "5a0c91b95c7cc000010d417c", confirmed: false, returnUnshared: true }),
    ).toEqual(
      [
        ...least,
        ["district_id", "5a0c91b95c7cc000010d417c"],
        ["confirmed", "false"],
        ["return_unshared", "true"],
      ].sort(),
    )
  })

  it("R53 whatever else an app's user got into the request stays out of it", async () => {
    const more = {
      client_id: "evil",
      redirect_uri: "https://evil.example",
      response_type: "token",
      scope: "all",
      prompt: "none",
      confirmed: "true",
      returnUnshared: "yes",
    }
    expect(await parametersOf(more as unknown as Partial<AuthorizationUrlOptions>)).toEqual(least)
  })

  it.each(["", "__proto__", "a b", "x&client_id=evil", "../..", "é", "a".repeat(65)])(
    "R53 a district %j is refused",
    async (districtId) => {
      await expect(parametersOf({ districtId })).rejects.toMatchObject({ code: "LOGIN_REQUEST_INVALID" })
    },
  )

  it.each([
    "https://app.example",
    "https://app.example/",
    "https://app.example/auth/callback?tenant=a%20b&x=1",
    "https://app.example:443/A/../b",
    "https://äpp.example/cb",
  ])("R42 the redirect URI %s is sent to the letter, both times", async (uri) => {
    const parameters = new Map(await parametersOf({ redirectUri: uri }))
    expect(parameters.get("redirect_uri")).toBe(uri)
    lying.isOidc = false
    const { provider } = testProvider({ authUrl: lying.url, apiUrl: lying.url, clientId })
    await provider.redeem({ code: "c", redirectUri: uri, nonce: null, codeVerifier: null, callbackIss: null })
    expect(lying.lastAsked?.form.get("redirect_uri")).toBe(uri)
  })
})

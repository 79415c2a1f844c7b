import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import OidcProvider, { type Configuration, type JWK } from "oidc-provider"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import type { Provider } from "../../../src/sso/provider/provider.ts"
import { LyingProvider, person } from "../../support/lying-provider.ts"
import { redirectUri, rsaKey, testProvider } from "./world.ts"

/** A client id and secret that must be encoded for HTTP Basic. */
const clientId = "client:id+1"
const clientSecret = "a secret: 100%+&"
const verifier = "homeroom-test-verifier-0123456789-0123456789"

// The Data API behind the logins; this half of the lying provider does not lie.
const api = new LyingProvider({ ...rsaKey(), clock: Date.now })
let server: Server
let issuer: string

function signingKey(kid: string): JWK {
  return { ...rsaKey().privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" } as JWK
}

/** Has the server answered by a provider with these keys. Codes and sessions live on from one to the next. */
function serveWith(keys: JWK[]): void {
  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    cookies: { keys: ["a key for the provider's cookies"] },
    jwks: { keys },
    pkce: { required: () => false },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  }
  // It warns of keeping everything in memory, which is what a test wants.
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined)
  const provider = new OidcProvider(issuer, configuration)
  warn.mockRestore()
  const answer = provider.callback()
  server.removeAllListeners("request")
  server.on("request", async (request, response) => {
    if (request.url?.startsWith("/interaction/") !== true) return void answer(request, response)
    // Whoever comes is the same person, and consents.
    const grant = new provider.Grant({ accountId: person.id, clientId })
    grant.addOIDCScope("openid")
    const grantId = await grant.save()
    await provider.interactionFinished(request, response, {
      login: { accountId: person.id },
      consent: { grantId },
    })
  })
}

beforeAll(async () => {
  server = createServer()
  await Promise.all([api.start(), new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))])
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  serveWith([signingKey("first")])
})
afterAll(async () => {
  server.closeAllConnections()
  await Promise.all([api.close(), new Promise((resolve) => server.close(resolve))])
})

function make(secret: string = clientSecret): Provider {
  const authUrl = new URL(issuer)
  return testProvider({ authUrl, apiUrl: api.url, clientId, clientSecret: secret, oidc: "required" }).provider
}

/** What a browser does: follows the redirects, keeping cookies, until they lead back to the app. */
async function visit(start: URL): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = start
  for (let hops = 0; hops < 6; hops++) {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    })
    await response.body?.cancel()
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";")
      cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1))
    }
    url = new URL(
      response.headers.get("location") ?? expect.unreachable(`${response.status} is no redirect`),
      url,
    )
    if (url.href.startsWith(redirectUri)) return url
  }
  return expect.unreachable("the redirects never end")
}

async function callbackOf(
  provider: Provider,
  { nonce = "nonce-1", codeVerifier = null as string | null } = {},
): Promise<URLSearchParams> {
  const url = await provider.authorizationUrl({ state: "state-1", nonce, codeVerifier, redirectUri })
  const { searchParams } = await visit(url)
  expect(searchParams.get("state")).toBe("state-1")
  return searchParams
}

describe("R62 a provider that we did not write", () => {
  it("R49 R51 logs somebody in, with PKCE because it says it takes it", async () => {
    const provider = make()
    expect(await provider.traits()).toEqual({ usesOidc: true, usesPkce: true })
    const callback = await callbackOf(provider, { codeVerifier: verifier })
    const redeemed = await provider.redeem({
      code: callback.get("code") ?? "",
      redirectUri,
      nonce: "nonce-1",
      codeVerifier: verifier,
      callbackIss: callback.get("iss"),
    })
    expect(redeemed.claims).toMatchObject({ subject: person.id })
    api.lies.me = ({ authorization }) =>
      authorization === `Bearer ${redeemed.accessToken}` ? {} : { status: 401 }
    const { identity } = await provider.identify({ redeemed, loginSource: "app", email: false })
    expect(identity).toMatchObject({ issuer, cleverId: person.id, roles: { student: { grade: "3" } } })
    api.reset()
  })

  it("R51 its refusal of another verifier, or of none, is a rejected code", async () => {
    const provider = make()
    for (const codeVerifier of [`${verifier}x`, null]) {
      const callback = await callbackOf(provider, { codeVerifier: verifier })
      const code = callback.get("code") ?? ""
      await expect(
        provider.redeem({ code, redirectUri, nonce: "nonce-1", codeVerifier, callbackIss: issuer }),
      ).rejects.toMatchObject({ code: "LOGIN_CODE_REJECTED" })
    }
  })

  it("R25 its refusal of a used code is a rejected code", async () => {
    const provider = make()
    const callback = await callbackOf(provider)
    const options = {
      code: callback.get("code") ?? "",
      redirectUri,
      nonce: "nonce-1",
      codeVerifier: null,
      callbackIss: issuer,
    }
    await provider.redeem(options)
    await expect(provider.redeem(options)).rejects.toMatchObject({
      code: "LOGIN_CODE_REJECTED",
      httpStatus: 400,
    })
  })

  it("R41 its refusal of the secret is one of credentials", async () => {
    const provider = make("a secret: 100%")
    await expect(
      provider.redeem({ code: "code", redirectUri, nonce: null, codeVerifier: null, callbackIss: issuer }),
    ).rejects.toMatchObject({ code: "CLEVER_CREDENTIALS_REJECTED" })
  })

  it("R21 promises iss in its callbacks, so one without it, or with another, spends no code", async () => {
    const provider = make()
    const callback = await callbackOf(provider)
    const code = callback.get("code") ?? ""
    for (const callbackIss of [null, "", `${issuer}/`, "https://clever.com"]) {
      await expect(
        provider.redeem({ code, redirectUri, nonce: "nonce-1", codeVerifier: null, callbackIss }),
      ).rejects.toMatchObject({ code: "LOGIN_REQUEST_INVALID" })
    }
    const callbackIss = callback.get("iss")
    await provider.redeem({ code, redirectUri, nonce: "nonce-1", codeVerifier: null, callbackIss })
  })

  it("R8 its id_token for one login is refused for another", async () => {
    const provider = make()
    for (const nonce of ["nonce-2", null]) {
      const callback = await callbackOf(provider)
      const code = callback.get("code") ?? ""
      await expect(
        provider.redeem({ code, redirectUri, nonce, codeVerifier: null, callbackIss: issuer }),
      ).rejects.toMatchObject({ code: "LOGIN_ID_TOKEN_INVALID", details: { reason: "nonce" } })
    }
  })

  it("R23 may change its keys between two logins", async () => {
    const provider = make()
    const login = async (): Promise<string | undefined> => {
      const callback = await callbackOf(provider)
      const code = callback.get("code") ?? ""
      const options = { code, redirectUri, nonce: "nonce-1", codeVerifier: null, callbackIss: issuer }
      return (await provider.redeem(options)).claims?.subject
    }
    expect(await login()).toBe(person.id)
    serveWith([signingKey("second")])
    expect(await login()).toBe(person.id)
  })
})

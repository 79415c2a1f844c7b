import type { KeyObject } from "node:crypto"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { HomeroomError } from "../../../src/errors/index.ts"
import type { Provider } from "../../../src/sso/provider/provider.ts"
import { clientId, kid, LyingProvider } from "../../support/lying-provider.ts"
import { redirectUri, rsaKey, testProvider } from "./world.ts"

const start = Date.parse("2026-11-24T08:00:00Z")
let now = start
const lying = new LyingProvider({ ...rsaKey(), clock: () => now })
const second = rsaKey()
let provider: Provider

beforeAll(() => lying.start())
afterAll(() => lying.close())
beforeEach(() => {
  now = start
  lying.reset()
  ;({ provider } = testProvider({ authUrl: lying.url, apiUrl: lying.url, clientId, clock: () => now }))
})

/** One login's code exchange: `accepted`, or the error's code. */
async function login(of: Provider = provider): Promise<string> {
  try {
    await of.redeem({ code: "code", redirectUri, nonce: null, codeVerifier: null, callbackIss: null })
    return "accepted"
  } catch (error) {
    return error instanceof HomeroomError ? error.code : String(error)
  }
}

function jwkOf(publicKey: KeyObject, id: string): Record<string, unknown> {
  return { ...publicKey.export({ format: "jwk" }), kid: id, use: "sig" }
}

/** From now on tokens are signed with this key under this id. */
function signWith(privateKey: KeyObject, id: string): void {
  lying.lies.token = () => {
    const { header, claims } = lying.honestToken()
    const idToken = lying.sign({ header: { ...header, kid: id }, claims }, privateKey)
    return { body: { access_token: lying.accessToken, id_token: idToken } }
  }
}

describe("keys", () => {
  it("R23 are read once for many logins", async () => {
    const logins = await Promise.all(Array.from({ length: 10 }, () => login()))
    expect(new Set(logins)).toEqual(new Set(["accepted"]))
    expect(await login()).toBe("accepted")
    expect(lying.counts).toMatchObject({ discovery: 1, keys: 1, token: 11 })
  })

  it("R23 oidcc-client-test-signing-key-rotation: a new key is looked for, once", async () => {
    expect(await login()).toBe("accepted")
    lying.lies.keys = () => ({ body: { keys: [lying.honestJwk(), jwkOf(second.publicKey, "key-2")] } })
    signWith(second.privateKey, "key-2")
    const logins = await Promise.all([login(), login(), login()])
    expect(logins).toEqual(["accepted", "accepted", "accepted"])
    expect(lying.counts.keys).toBe(2)
  })

  it("R23 oidcc-client-test-signing-key-rotation-just-before-signing", async () => {
    lying.lies.keys = () => ({ body: { keys: [jwkOf(second.publicKey, "key-2")] } })
    signWith(second.privateKey, "key-2")
    expect(await login()).toBe("accepted")
    expect(lying.counts.keys).toBe(1)
  })

  it("R23 an unknown key id is looked for again only after the cooldown", async () => {
    expect(await login()).toBe("accepted")
    signWith(second.privateKey, "key-2")
    for (let count = 0; count < 5; count++) expect(await login()).toBe("LOGIN_ID_TOKEN_INVALID")
    expect(lying.counts.keys).toBe(2)
    now += 29_999
    expect(await login()).toBe("LOGIN_ID_TOKEN_INVALID")
    expect(lying.counts.keys).toBe(2)
    now += 1
    lying.lies.keys = () => ({ body: { keys: [jwkOf(second.publicKey, "key-2")] } })
    expect(await login()).toBe("accepted")
    expect(lying.counts.keys).toBe(3)
  })

  it("R23 an outage is bridged with the keys there are, until their time is over", async () => {
    expect(await login()).toBe("accepted")
    lying.lies.keys = () => ({ status: 503 })
    now += 59 * 60_000
    expect(await login()).toBe("accepted")
    expect(lying.counts.keys).toBe(1)
    now += 60_000
    expect(await login()).toBe("LOGIN_OIDC_UNAVAILABLE")
    lying.lies.keys = () => ({})
    expect(await login()).toBe("accepted")
  })

  it("R23 an outage while a new key is looked for leaves the known ones in use", async () => {
    expect(await login()).toBe("accepted")
    lying.lies.keys = () => ({ breaks: true })
    signWith(second.privateKey, "key-2")
    expect(await login()).toBe("LOGIN_OIDC_UNAVAILABLE")
    delete lying.lies.token
    expect(await login()).toBe("accepted")
    expect(lying.counts.keys).toBe(2)
  })

  it("R23 a key that is withdrawn is not used past the hour", async () => {
    expect(await login()).toBe("accepted")
    lying.lies.keys = () => ({ body: { keys: [jwkOf(second.publicKey, "key-2")] } })
    now += 60 * 60_000
    expect(await login()).toBe("LOGIN_ID_TOKEN_INVALID")
  })

  it("R23 without a key id, nothing is looked for again", async () => {
    lying.lies.token = () => {
      const { header, claims } = lying.honestToken()
      const { kid: _, ...rest } = header
      return {
        body: { access_token: "il1", id_token: lying.sign({ header: rest, claims }, second.privateKey) },
      }
    }
    expect(await login()).toBe("LOGIN_ID_TOKEN_INVALID")
    expect(await login()).toBe("LOGIN_ID_TOKEN_INVALID")
    expect(lying.counts.keys).toBe(1)
  })

  it("R23 what was read just now is not read again, with a key id or without", async () => {
    lying.lies.keys = () => ({ body: { keys: [] } })
    expect(await login()).toBe("LOGIN_ID_TOKEN_INVALID")
    expect(lying.counts.keys).toBe(1)
    lying.lies.token = () => {
      const { header, claims } = lying.honestToken()
      return { body: { access_token: "il1", id_token: lying.sign({ header: { alg: header.alg }, claims }) } }
    }
    expect(await login()).toBe("LOGIN_ID_TOKEN_INVALID")
    expect(lying.counts.keys).toBe(1)
  })

  it("R23 the same key id with another key is not fetched again", async () => {
    signWith(second.privateKey, kid)
    expect(await login()).toBe("LOGIN_ID_TOKEN_INVALID")
    expect(lying.counts.keys).toBe(1)
  })
})

describe("configuration", () => {
  it("R22 is read once an hour, however many logins come at once", async () => {
    await Promise.all(Array.from({ length: 10 }, () => provider.traits()))
    expect(lying.counts.discovery).toBe(1)
    now += 60 * 60_000
    await Promise.all(Array.from({ length: 10 }, () => provider.traits()))
    expect(lying.counts.discovery).toBe(2)
  })

  it("R22 that fails is not asked for again for ten seconds; auto goes on without", async () => {
    lying.lies.discovery = () => ({ status: 503 })
    expect(await provider.traits()).toEqual({ usesOidc: false, usesPkce: false })
    now += 9_999
    expect(await provider.traits()).toEqual({ usesOidc: false, usesPkce: false })
    expect(lying.counts.discovery).toBe(1)
    lying.isOidc = false
    expect(await login()).toBe("accepted")
    lying.isOidc = true
    expect(await login()).toBe("LOGIN_OIDC_UNAVAILABLE")
    now += 1
    lying.lies = {}
    expect(await provider.traits()).toEqual({ usesOidc: true, usesPkce: false })
    expect(await login()).toBe("accepted")
  })

  it("R49 required: no login starts, and no code is spent, without it", async () => {
    const strict = testProvider({
      authUrl: lying.url,
      apiUrl: lying.url,
      clientId,
      clock: () => now,
      oidc: "required",
    }).provider
    lying.lies.discovery = () => ({ breaks: true })
    const unavailable = { code: "LOGIN_OIDC_UNAVAILABLE", retryable: true }
    await expect(strict.traits()).rejects.toMatchObject(unavailable)
    await expect(
      strict.authorizationUrl({ state: "s", nonce: "n", codeVerifier: null, redirectUri }),
    ).rejects.toMatchObject(unavailable)
    expect(await login(strict)).toBe("LOGIN_OIDC_UNAVAILABLE")
    expect(lying.counts.token).toBe(0)
  })

  it("R49 off: is never asked for", async () => {
    const plain = testProvider({
      authUrl: lying.url,
      apiUrl: lying.url,
      clientId,
      clock: () => now,
      oidc: "off",
    }).provider
    expect(await plain.traits()).toEqual({ usesOidc: false, usesPkce: false })
    expect(await login(plain)).toBe("accepted")
    expect(lying.counts).toMatchObject({ discovery: 0, keys: 0, token: 1 })
  })

  it("a caller who aborts stops waiting; the others get their answer", async () => {
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    lying.lies.discovery = async () => {
      await held
      return {}
    }
    const aborting = new AbortController()
    const first = provider.traits(aborting.signal)
    const other = provider.traits()
    aborting.abort()
    await expect(first).rejects.toMatchObject({ code: "ABORTED" })
    release?.()
    expect(await other).toEqual({ usesOidc: true, usesPkce: false })
    expect(lying.counts.discovery).toBe(1)
  })
})

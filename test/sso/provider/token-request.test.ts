import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import type { Send } from "../../../src/clever/answer-reader.ts"
import { guardedFetch } from "../../../src/sso/provider/guarded-fetch.ts"
import type { Provider, ProviderOptions } from "../../../src/sso/provider/provider.ts"
import type { Redeemed } from "../../../src/sso/provider/redeemed.ts"
import { clientId, LyingProvider } from "../../support/lying-provider.ts"
import { redirectUri, rsaKey, testProvider } from "./world.ts"

const lying = new LyingProvider({ ...rsaKey(), clock: Date.now })

beforeAll(() => lying.start())
afterAll(() => lying.close())
beforeEach(() => {
  lying.reset()
  lying.isOidc = false
})

function make(options: Partial<ProviderOptions> = {}): Provider {
  return testProvider({ authUrl: lying.url, apiUrl: lying.url, clientId, ...options }).provider
}

function redeem(
  provider: Provider,
  more: { codeVerifier?: string; signal?: AbortSignal } = {},
): Promise<Redeemed> {
  return provider.redeem({
    code: "code 1",
    redirectUri,
    nonce: null,
    codeVerifier: null,
    callbackIss: null,
    ...more,
  })
}

/** A fetch that answers the token request by itself. */
function answering(response: (init: RequestInit | undefined) => Response | Promise<Response>): typeof fetch {
  return async (input, init) => {
    const { pathname } = new URL(String(input))
    return pathname === "/oauth/tokens" ? await response(init) : await fetch(input, init)
  }
}

describe("the token request", () => {
  it("R25 is one form with the code, and the secret in the header alone", async () => {
    await redeem(make())
    const { method, contentType, authorization, form, path } = lying.lastAsked ?? expect.unreachable()
    expect({ method, path, form: [...form].sort() }).toEqual({
      method: "POST",
      path: "/oauth/tokens",
      form: [
        ["code", "code 1"],
        ["grant_type", "authorization_code"],
        ["redirect_uri", redirectUri],
      ],
    })
    expect(contentType).toMatch(/^application\/x-www-form-urlencoded\b/)
    expect(authorization).toMatch(/^Basic [A-Za-z0-9+/=]+$/)
  })

  it("R51 holds the code verifier if there is one", async () => {
    const codeVerifier = "v".repeat(43)
    await redeem(make(), { codeVerifier })
    expect(lying.lastAsked?.form.get("code_verifier")).toBe(codeVerifier)
  })

  it.each([
    ["a colon", "a:b", "c:d"],
    ["a percent sign", "a%20b", "100%"],
    ["a plus", "a+b", "c+d"],
    ["a space", "a b", " c "],
    ["letters past ASCII", "schüler", "пароль🔑"],
    ["slashes and ampersands", "a/b&c=d", "?#[]@"],
    ["what needs no encoding", "a-b._~*'()!", "A-B._~*'()!"],
  ])("R41 %s in id and secret", async (_name, id, secret) => {
    await redeem(make({ clientId: id, clientSecret: secret }))
    const credentials = Buffer.from((lying.lastAsked?.authorization ?? "").slice(6), "base64").toString(
      "utf8",
    )
    expect(credentials).toMatch(/^[!-~]+$/)
    // RFC 6749, section 2.3.1: each is encoded as in a form, so the first colon parts them.
    const decoded = new URLSearchParams(`id=${credentials.replace(":", "&secret=")}`)
    expect(decoded.get("id")).toBe(id)
    expect(decoded.get("secret")).toBe(secret)
  })

  it.each([
    [true, undefined, "accepted"],
    [false, undefined, "CLEVER_BODY_INVALID"],
    [false, "bearer", "accepted"],
    [false, "BEARER", "accepted"],
    [true, "mac", "CLEVER_BODY_INVALID"],
  ])(
    "R50 acceptMissingTokenType %s, token_type %s: %s",
    async (acceptMissingTokenType, tokenType, outcome) => {
      lying.lies.token = (asked) => ({ body: { ...(asked.honest as object), token_type: tokenType } })
      const ended = await redeem(make({ acceptMissingTokenType })).then(
        () => "accepted",
        (error: { code: string }) => error.code,
      )
      expect(ended).toBe(outcome)
    },
  )

  it("R25 a provider that does not answer is given up after the time limit, without a second try", async () => {
    lying.lies.token = () => ({ hangs: true })
    const provider = make({ timeoutMs: 40, oidc: "off" })
    await expect(redeem(provider)).rejects.toMatchObject({ code: "CLEVER_UNREACHABLE", retryable: true })
    expect(lying.counts.token).toBe(1)
  })

  it("R25 the time limit holds for a fetch that takes no notice of signals", async () => {
    const provider = make({
      timeoutMs: 20,
      oidc: "off",
      fetch: answering(() => new Promise(() => undefined)),
    })
    await expect(redeem(provider)).rejects.toMatchObject({ code: "CLEVER_UNREACHABLE" })
  })

  it("R25 a body that never ends is given up after the time limit", async () => {
    const endless = new ReadableStream({ pull: () => new Promise(() => undefined) })
    const provider = make({ timeoutMs: 20, oidc: "off", fetch: answering(() => new Response(endless)) })
    await expect(redeem(provider)).rejects.toMatchObject({ code: "CLEVER_UNREACHABLE" })
  })

  it("R25 a body past the limit is cut off, not read to its end", async () => {
    let sent = 0
    const chunk = new Uint8Array(64 * 1024).fill(32)
    const flood = new ReadableStream({
      pull: (controller) => {
        sent += chunk.length
        controller.enqueue(chunk)
      },
    })
    const headers = { "content-type": "application/json" }
    const provider = make({ oidc: "off", fetch: answering(() => new Response(flood, { headers })) })
    await expect(redeem(provider)).rejects.toMatchObject({ code: "CLEVER_BODY_TOO_LARGE" })
    expect(sent).toBeLessThan(2 * 1024 * 1024)
  })

  it("an abort ends it at once", async () => {
    lying.lies.token = () => ({ hangs: true })
    const aborting = new AbortController()
    const running = redeem(make({ oidc: "off" }), { signal: aborting.signal })
    aborting.abort(new Error("canary"))
    await expect(running).rejects.toMatchObject({ code: "ABORTED", cause: undefined })
    await expect(redeem(make(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" })
  })

  it("R20 redirects are not followed, even by a fetch that follows them all the same", async () => {
    const seen: (RequestInit | undefined)[] = []
    const moved = Object.defineProperties(Response.json({ access_token: "il1" }), {
      redirected: { value: true },
      url: { value: `${lying.issuer}/oauth/tokens` },
    })
    const fetch = answering((init) => {
      seen.push(init)
      return moved
    })
    await expect(redeem(make({ oidc: "off", fetch }))).rejects.toMatchObject({ code: "CLEVER_LINK_FOREIGN" })
    expect(seen.map((init) => init?.redirect)).toEqual(["manual"])
  })

  it("R20 an answer from another origin is refused", async () => {
    const elsewhere = Object.defineProperty(Response.json({ access_token: "il1" }), "url", {
      value: "https://evil.example/oauth/tokens",
    })
    const provider = make({ oidc: "off", fetch: answering(() => elsewhere) })
    await expect(redeem(provider)).rejects.toMatchObject({ code: "CLEVER_LINK_FOREIGN" })
  })

  it("R20 whoever asks for an address of another origin, nothing is sent", async () => {
    const send = vi.fn<Send>()
    const options = { send, origins: new Set([lying.issuer]), timeoutMs: 1_000, maxBodyBytes: 1_000 }
    for (const address of [
      "https://evil.example/",
      lying.issuer.replace("http:", "https:"),
      "file:///etc/passwd",
    ]) {
      await expect(guardedFetch(options, address, { method: "GET", headers: {} })).rejects.toMatchObject({
        code: "CLEVER_LINK_FOREIGN",
      })
    }
    expect(send).not.toHaveBeenCalled()
  })

  it("an empty code is sent nowhere", async () => {
    const options = { code: "", redirectUri, nonce: null, codeVerifier: null, callbackIss: null }
    await expect(make().redeem(options)).rejects.toMatchObject({ code: "LOGIN_REQUEST_INVALID" })
    expect(lying.counts.token).toBe(0)
  })

  it("R17 bytes that are no UTF-8 are refused", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"access_token":"il1","x":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ])
    const provider = make({
      oidc: "off",
      fetch: answering(() => new Response(bytes, { headers: { "content-type": "application/json" } })),
    })
    await expect(redeem(provider)).rejects.toMatchObject({ code: "CLEVER_BODY_INVALID" })
  })
})

import assert from "node:assert/strict"
import { createSign, generateKeyPairSync } from "node:crypto"
import fc from "fast-check"
import { isUserId } from "../../../src/clever/users.ts"
import { Provider } from "../../../src/sso/provider/provider.ts"
import { type Fuzzer, personal, text } from "../engine/fuzzer.ts"
import { asyncOutcome } from "../engine/outcome.ts"
import { encoded, jsonText, jsonWords, objectWith } from "../support/json-inputs.ts"

const issuer = "https://clever.com"
const clientId = "client"
const nonce = "nonce-of-this-login"
const accessToken = "ilPersonsOwnToken12345"
const now = Date.parse("2026-09-01T06:00:00Z")
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const key = { ...publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" }
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/oauth/authorize`,
  token_endpoint: `${issuer}/oauth/tokens`,
  jwks_uri: `${issuer}/oauth/jwks`,
}

function sign(header: string, payload: string): string {
  const head = [header, payload].map((part) => Buffer.from(part).toString("base64url")).join(".")
  return `${head}.${createSign("sha256").update(head).sign(privateKey, "base64url")}`
}

const goodHeader = '{"alg":"RS256","kid":"k1"}'
const seconds = now / 1_000
const goodClaims = JSON.stringify({
  iss: issuer,
  aud: clientId,
  sub: "u1",
  iat: seconds,
  exp: seconds + 600,
  nonce,
})
const good = sign(goodHeader, goodClaims)

/** What a login comes to if Clever answers the code with this, and with these documents. */
async function redeem(documents: { token: string; discovery?: string; keys?: string }) {
  const provider = new Provider({
    clientId,
    clientSecret: `secret ${personal}`,
    authUrl: new URL(issuer),
    apiUrl: new URL("https://api.clever.com"),
    apiVersion: "v3.1",
    oidc: "required",
    acceptMissingTokenType: true,
    timeoutMs: 10_000,
    maxBodyBytes: 1024 * 1024,
    clock: () => now,
    sleep: async () => {},
    random: () => 0,
    fetch: async (url) => {
      const { pathname } = new URL(String(url))
      const body =
        pathname === "/oauth/tokens"
          ? documents.token
          : pathname === "/oauth/jwks"
            ? (documents.keys ?? JSON.stringify({ keys: [key] }))
            : (documents.discovery ?? JSON.stringify(metadata))
      return new Response(body, { headers: { "content-type": "application/json" } })
    },
  })
  return asyncOutcome(() =>
    provider.redeem({
      code: personal,
      redirectUri: "https://app.example/auth/clever/callback",
      nonce,
      codeVerifier: null,
      callbackIss: null,
    }),
  )
}

function tokenAnswer(idToken: string): string {
  return JSON.stringify({ access_token: accessToken, token_type: "bearer", id_token: idToken })
}

const value = (right: unknown) => fc.constant(JSON.stringify(right))
const claims = objectWith({
  iss: value(issuer),
  aud: fc.oneof(value(clientId), value([clientId]), value([clientId, "other"])),
  sub: value("u1"),
  iat: value(seconds),
  exp: value(seconds + 600),
  nonce: value(nonce),
  azp: value(clientId),
  district: value("d1"),
})

export const idTokens: Fuzzer = {
  name: "id-tokens",
  runs: 100,
  inputs: encoded(fc.oneof(claims, fc.constant(good), fc.constant(tokenAnswer(good)), jsonText)),
  words: [
    ...jsonWords,
    ".",
    "=",
    '"alg":"none"',
    '"aud":[]',
    '"access_token":"t"',
    '"token_type":"bearer"',
    '"keys":[]',
  ],
  properties: {
    "counts to the letter as it was signed": async (input) => {
      const token = text(input)
      const { value: redeemed } = await redeem({ token: tokenAnswer(token) })
      assert.equal(redeemed !== undefined, token === good)
    },
    "counts with right claims alone": async (input) => {
      const { value: redeemed } = await redeem({ token: tokenAnswer(sign(goodHeader, text(input))) })
      if (redeemed === undefined) return
      const { iss, aud, sub, nonce: given, exp } = JSON.parse(text(input)) as Record<string, unknown>
      assert.deepEqual([iss, given], [issuer, nonce])
      assert.ok([aud].flat().every((one) => one === clientId))
      assert.ok(isUserId(sub) && Number(exp) > seconds - 60)
    },
    "counts with a right header alone": async (input) => {
      const { value: redeemed } = await redeem({ token: tokenAnswer(sign(text(input), goodClaims)) })
      if (redeemed === undefined) return
      const { alg, crit } = JSON.parse(text(input)) as Record<string, unknown>
      assert.deepEqual([alg, crit], ["RS256", undefined])
    },
    "comes in an answer with a token that a header can carry, or is refused": async (input) => {
      const { value: redeemed } = await redeem({ token: text(input) })
      if (redeemed !== undefined) assert.match(redeemed.accessToken, /^[\x21-\x7e]+$/)
    },
    "is refused whatever stands in the configuration or the keys, if not the right ones": async (input) => {
      const token = tokenAnswer(good)
      const byKeys = await redeem({ token, keys: text(input) })
      if (byKeys.value !== undefined) assert.ok(text(input).includes(String(key.n)))
      const byConfiguration = await redeem({ token, discovery: text(input) })
      if (byConfiguration.value !== undefined) assert.ok(text(input).includes(issuer))
    },
  },
}

import { createHmac, createSign, type KeyObject, sign } from "node:crypto"
import type { ErrorCode } from "../../src/errors/index.ts"
import { clientId, encode, kid, type LyingProvider, person, type TokenParts } from "./lying-provider.ts"

/** Keys that lies are told with; made once for each test file. */
export interface LieKeys {
  /** An RSA key that was never published. */
  readonly other: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  /** An RSA key of 1024 bits. */
  readonly weak: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  /** A P-256 key. */
  readonly ec: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

/** One lie and what must come of it. */
export interface LieRow {
  /** As the plan names it, where it is in one: `oidcc-client-test-…` of the OpenID Foundation, `fapi-…`. */
  readonly name: string
  /** The requirement of `sso.md`. */
  readonly rule: string
  readonly tell: (lying: LyingProvider, keys: LieKeys) => void
  /** The error of a login, or `accepted`. */
  readonly outcome: ErrorCode | "accepted"
  /** Default `auto`. */
  readonly oidc?: "auto" | "required" | "off"
  /** The callback's `iss` parameter. */
  readonly callbackIss?: (lying: LyingProvider) => string
  /** How many requests the token endpoint may see. Default 1. */
  readonly tokenRequests?: number
}

const invalid = "LOGIN_ID_TOKEN_INVALID"
const unavailable = "LOGIN_OIDC_UNAVAILABLE"

/** An id_token with other claims, properly signed. */
function claims(change: (honest: Record<string, unknown>, lying: LyingProvider) => Record<string, unknown>) {
  return (lying: LyingProvider): void => {
    const { header, claims: honest } = lying.honestToken()
    tellIdToken(lying, lying.sign({ header, claims: change(honest, lying) }))
  }
}

/** An id_token with other claims written as JSON text, which can hold what an object can't. */
function claimsText(change: (honest: string) => string) {
  return (lying: LyingProvider): void => {
    const { header, claims: honest } = lying.honestToken()
    tellIdToken(lying, lying.signText(encode(header), encode(change(JSON.stringify(honest)))))
  }
}

/** An id_token with another header, properly signed with RS256. */
function header(change: (honest: Record<string, unknown>, keys: LieKeys) => Record<string, unknown>) {
  return (lying: LyingProvider, keys: LieKeys): void => {
    const { header: honest, claims: rest } = lying.honestToken()
    tellIdToken(lying, lying.sign({ header: change(honest, keys), claims: rest }))
  }
}

/** The honest id_token, changed as text. */
function token(change: (honest: string, lying: LyingProvider) => string) {
  return (lying: LyingProvider): void => tellIdToken(lying, change(lying.sign(lying.honestToken()), lying))
}

/** An id_token that says another algorithm and is signed with it. */
function signedWith(alg: string, make: (input: string, lying: LyingProvider, keys: LieKeys) => string) {
  return (lying: LyingProvider, keys: LieKeys): void => {
    const parts: TokenParts = lying.honestToken()
    const input = `${encode({ ...parts.header, alg })}.${encode(parts.claims)}`
    tellIdToken(lying, `${input}.${make(input, lying, keys)}`)
  }
}

function tellIdToken(lying: LyingProvider, idToken: unknown): void {
  lying.lies.token = () => ({
    body: { access_token: lying.accessToken, token_type: "bearer", id_token: idToken },
  })
}

/** Other keys at the keys' address. */
function keySet(
  change: (honest: Record<string, unknown>, keys: LieKeys) => unknown[],
  signer?: "kid-absent",
) {
  return (lying: LyingProvider, keys: LieKeys): void => {
    lying.lies.keys = () => ({ body: { keys: change(lying.honestJwk(), keys) } })
    if (signer === undefined) return
    const { header: honest, claims: rest } = lying.honestToken()
    tellIdToken(lying, lying.sign({ header: without(honest, "kid"), claims: rest }))
  }
}

function discovery(
  change: (honest: Record<string, unknown>, lying: LyingProvider) => Record<string, unknown>,
) {
  return (lying: LyingProvider): void => {
    lying.lies.discovery = (asked) => ({ body: change(asked.honest as Record<string, unknown>, lying) })
  }
}

function tokenAnswer(change: (honest: Record<string, unknown>) => unknown) {
  return (lying: LyingProvider): void => {
    lying.lies.token = (asked) => ({ body: change(asked.honest as Record<string, unknown>) })
  }
}

/** `/me`, `/users/{id}` or `/userinfo` with another answer. */
function api(endpoint: "me" | "user" | "userinfo", change: (data: Record<string, unknown>) => unknown) {
  return (lying: LyingProvider): void => {
    lying.lies[endpoint] = (asked) => {
      const honest = asked.honest as { data?: Record<string, unknown> }
      return { body: honest.data === undefined ? change({ ...honest }) : { data: change(honest.data) } }
    }
  }
}

function without(object: Record<string, unknown>, name: string): Record<string, unknown> {
  const { [name]: _, ...rest } = object
  return rest
}

function publicJwk(pair: { readonly publicKey: KeyObject }, more: object): Record<string, unknown> {
  return { ...pair.publicKey.export({ format: "jwk" }), ...more }
}

const pem = { type: "spki", format: "pem" } as const
const pss = { padding: 6, saltLength: 32 }

/** The OpenID Foundation's basic and config relying-party plans. */
const openidRows: readonly LieRow[] = [
  { name: "oidcc-client-test", rule: "R49", tell: () => undefined, outcome: "accepted" },
  {
    name: "oidcc-client-test-invalid-iss",
    rule: "R8",
    tell: claims((honest) => ({ ...honest, iss: "https://evil.example" })),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-missing-sub",
    rule: "R8",
    tell: claims((h) => without(h, "sub")),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-invalid-aud",
    rule: "R8",
    tell: claims((honest) => ({ ...honest, aud: "another-client" })),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-missing-aud",
    rule: "R8",
    tell: claims((h) => without(h, "aud")),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-missing-iat",
    rule: "R24",
    tell: claims((h) => without(h, "iat")),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-kid-absent-single-jwks",
    rule: "R23",
    tell: header((honest) => without(honest, "kid")),
    outcome: "accepted",
  },
  {
    name: "oidcc-client-test-kid-absent-multiple-jwks",
    rule: "R23",
    tell: keySet((jwk, { other }) => [jwk, publicJwk(other, { kid: "key-2", use: "sig" })], "kid-absent"),
    outcome: invalid,
  },
  { name: "oidcc-client-test-idtoken-sig-rs256", rule: "R6", tell: () => undefined, outcome: "accepted" },
  {
    name: "oidcc-client-test-idtoken-sig-none",
    rule: "R6",
    tell: signedWith("none", () => ""),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-invalid-sig-rs256",
    rule: "R6",
    tell: signedWith("RS256", (input, _lying, { other }) => rs256(input, other.privateKey)),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-invalid-sig-es256",
    rule: "R7",
    tell: signedWith("ES256", (input, _lying, { ec }) => es256(input, ec.privateKey)),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-invalid-sig-hs256",
    rule: "R6",
    tell: signedWith("HS256", (input, lying) => hs256(input, lying.publicPem(pem))),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-userinfo-invalid-sub",
    rule: "R9",
    tell: (lying) => {
      library(lying)
      lying.lies.userinfo = (asked) => ({
        body: { ...(asked.honest as object), sub: "5d00000000000000000000ff" },
      })
    },
    outcome: "LOGIN_IDENTITY_MISMATCH",
  },
  {
    name: "oidcc-client-test-nonce-invalid",
    rule: "R8",
    tell: claims((honest) => ({ ...honest, nonce: "another-login" })),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test-client-secret-basic",
    rule: "R41",
    tell: (lying) => {
      lying.lies.token = ({ authorization, form }) => {
        const isBasic = authorization.startsWith("Basic ") && !form.has("client_secret")
        return isBasic ? {} : { status: 401, body: { error: "invalid_client" } }
      }
    },
    outcome: "accepted",
  },
  {
    name: "oidcc-client-test-userinfo-bearer-header",
    rule: "R49",
    tell: (lying) => {
      lying.lies.me = ({ authorization, path }) =>
        authorization === `Bearer ${lying.accessToken}` && !path.includes("?") ? {} : { status: 401 }
    },
    outcome: "accepted",
  },
  {
    name: "oidcc-client-test-discovery-openid-config",
    rule: "R22",
    tell: () => undefined,
    outcome: "accepted",
  },
  {
    name: "oidcc-client-test-discovery-jwks-uri-keys",
    rule: "R23",
    tell: () => undefined,
    outcome: "accepted",
  },
  {
    name: "oidcc-client-test-discovery-issuer-mismatch",
    rule: "R22",
    tell: discovery((honest) => ({ ...honest, issuer: "https://evil.example" })),
    outcome: unavailable,
  },
  {
    name: "oidcc-client-test-discovery-issuer-mismatch, required",
    rule: "R22",
    tell: discovery((honest) => ({ ...honest, issuer: "https://evil.example" })),
    outcome: unavailable,
    oidc: "required",
    tokenRequests: 0,
  },
  {
    name: "oidcc-client-test-invalid-athash",
    rule: "R8",
    tell: claims((honest, lying) => ({ ...honest, at_hash: lying.halfHash("another-token") })),
    outcome: invalid,
  },
  {
    name: "oidcc-client-test, with its right at_hash",
    rule: "R8",
    tell: claims((honest, lying) => ({ ...honest, at_hash: lying.halfHash(lying.accessToken) })),
    outcome: "accepted",
  },
]

/** What the FAPI plans add, as far as it concerns the token. */
const fapiRows: readonly LieRow[] = [
  {
    name: "fapi-client-test-wrong-iss-parameter",
    rule: "R21",
    tell: () => undefined,
    callbackIss: () => "https://evil.example",
    outcome: "LOGIN_REQUEST_INVALID",
    tokenRequests: 0,
  },
  {
    name: "fapi-client-test-wrong-iss-parameter, without OpenID Connect",
    rule: "R21",
    tell: () => undefined,
    callbackIss: (lying) => `${lying.issuer}/`,
    oidc: "off",
    outcome: "LOGIN_REQUEST_INVALID",
    tokenRequests: 0,
  },
  {
    name: "fapi-client-test-missing-iss-parameter that the configuration promises",
    rule: "R21",
    tell: discovery((honest) => ({ ...honest, authorization_response_iss_parameter_supported: true })),
    outcome: "LOGIN_REQUEST_INVALID",
    tokenRequests: 0,
  },
  {
    name: "fapi-client-test, with its right iss parameter",
    rule: "R21",
    tell: discovery((honest) => ({ ...honest, authorization_response_iss_parameter_supported: true })),
    callbackIss: (lying) => lying.issuer,
    outcome: "accepted",
  },
  {
    name: "fapi-client-test-invalid-expired-exp",
    rule: "R8",
    tell: claims((honest, { now }) => ({ ...honest, exp: now - 300 })),
    outcome: invalid,
  },
  {
    name: "fapi-client-test-invalid-missing-exp",
    rule: "R8",
    tell: claims((h) => without(h, "exp")),
    outcome: invalid,
  },
  {
    name: "fapi-client-test-invalid-alternate-alg",
    rule: "R7",
    tell: signedWith("PS256", (input, lying) => lying.signInput(input, pss)),
    outcome: invalid,
  },
  {
    name: "fapi-client-test-invalid-secondary-aud",
    rule: "R8",
    tell: claims((honest) => ({ ...honest, aud: [clientId, "another-client"] })),
    outcome: invalid,
  },
  {
    name: "fapi-client-test-invalid-secondary-aud, with azp",
    rule: "R8",
    tell: claims((honest) => ({ ...honest, aud: [clientId, "another-client"], azp: clientId })),
    outcome: invalid,
  },
  {
    name: "fapi-client-test-token-type-case-insensitivity",
    rule: "R50",
    tell: tokenAnswer((honest) => ({ ...honest, token_type: "BEARER" })),
    outcome: "accepted",
  },
  {
    name: "fapi-client-test-missing-nonce",
    rule: "R8",
    tell: claims((honest) => without(honest, "nonce")),
    outcome: invalid,
  },
]

/** Claims that the plans do not think of. */
const claimRows: readonly LieRow[] = [
  ...[
    ["exp as text", '"exp":"4102444800"', "exp"],
    ["exp with a fraction", '"exp":4102444800.5', "exp"],
    ["exp of 1e308", '"exp":1e308', "exp"],
    ["exp past all integers", '"exp":9007199254740993', "exp"],
    ["exp past the year 9999", '"exp":253402300800', "exp"],
    ["exp below zero", '"exp":-1', "exp"],
    ["exp null", '"exp":null', "exp"],
    ["iat as text", '"iat":"1"', "iat"],
    ["iat of 1e308", '"iat":1e308', "iat"],
  ].map(
    ([name = "", text = "", claim = ""]): LieRow => ({
      name,
      rule: claim === "iat" ? "R24" : "R8",
      tell: claimsText((honest) => honest.replace(new RegExp(`"${claim}":\\d+`), text)),
      outcome: invalid,
    }),
  ),
  ...(
    [
      ["exp over within the tolerance", "R8", { exp: -59 }, "accepted"],
      ["exp over past the tolerance", "R8", { exp: -60 }, invalid],
      ["iat in the future within the tolerance", "R24", { iat: 60 }, "accepted"],
      ["iat in the future past the tolerance", "R24", { iat: 61 }, invalid],
      ["iat ten minutes old", "R24", { iat: -600 }, "accepted"],
      ["iat more than ten minutes old", "R24", { iat: -601 }, invalid],
      ["nbf in the future", "R8", { nbf: 61 }, invalid],
    ] as const
  ).map(
    ([name, rule, offsets, outcome]): LieRow => ({
      name,
      rule,
      tell: claims((honest, { now }) => ({
        ...honest,
        ...Object.fromEntries(Object.entries(offsets).map(([claim, offset]) => [claim, now + offset])),
      })),
      outcome,
    }),
  ),
  ...(
    [
      ["aud an array of ours", { aud: [clientId] }, "accepted"],
      ["aud an empty array", { aud: [] }, invalid],
      ["aud ours and a number", { aud: [clientId, 1] }, invalid],
      ["aud an array in an array", { aud: [[clientId]] }, invalid],
      ["aud an object", { aud: { 0: clientId } }, invalid],
      ["azp ours", { azp: clientId }, "accepted"],
      ["azp another's", { azp: "another-client" }, invalid],
      ["azp null", { azp: null }, invalid],
      ["sub empty", { sub: "" }, invalid],
      ["sub a number", { sub: 7 }, invalid],
      ["sub __proto__", { sub: "__proto__" }, invalid],
      ["sub a path", { sub: "../districts" }, invalid],
      ["sub of 65 characters", { sub: "a".repeat(65) }, invalid],
      ["district a number", { district: 7 }, invalid],
      ["nonce an array of the right one", { nonce: ["nonce-of-this-login"] }, invalid],
      ["nonce empty", { nonce: "" }, invalid],
      ["at_hash null", { at_hash: null }, invalid],
    ] as const
  ).map(
    ([name, change, outcome]): LieRow => ({
      name,
      rule: "R8",
      tell: claims((honest) => ({ ...honest, ...change })),
      outcome,
    }),
  ),
  {
    name: "iss with a trailing slash",
    rule: "R8",
    tell: claims((honest, { issuer }) => ({ ...honest, iss: `${issuer}/` })),
    outcome: invalid,
  },
  {
    name: "iss in an array",
    rule: "R8",
    tell: claims((honest, { issuer }) => ({ ...honest, iss: [issuer] })),
    outcome: invalid,
  },
  {
    name: "claims of a prototype",
    rule: "R60",
    tell: claimsText((honest) => `{"__proto__":${honest}}`),
    outcome: invalid,
  },
  {
    name: "claims beside a prototype and a constructor",
    rule: "R60",
    tell: claimsText((h) =>
      h.replace("{", '{"__proto__":{"iss":"x","admin":true},"constructor":{"prototype":{}},'),
    ),
    outcome: "accepted",
  },
  { name: "claims in an array", rule: "R17", tell: claimsText((honest) => `[${honest}]`), outcome: invalid },
  { name: "claims of null", rule: "R17", tell: claimsText(() => "null"), outcome: invalid },
  { name: "claims that are no JSON", rule: "R17", tell: claimsText(() => "no json"), outcome: invalid },
]

/** Headers, forms and algorithms (R6, R7). */
const formRows: readonly LieRow[] = [
  ...(
    [
      ["crit unknown", { crit: ["exp"] }],
      ["crit b64", { crit: ["b64"], b64: false }],
      ["crit empty", { crit: [] }],
      ["b64 without crit", { b64: false }],
      ["alg rs256", { alg: "rs256" }],
      ["alg None", { alg: "None" }],
      ["alg RS512 over an RS256 signature", { alg: "RS512" }],
      ["alg missing", { alg: undefined }],
      ["alg in an array", { alg: ["RS256"] }],
      ["kid a number", { kid: 1 }],
      ["kid null", { kid: null }],
      ["kid unknown", { kid: "../../dev/null" }],
      ["kid __proto__", { kid: "__proto__" }],
      ["typ of an access token", { typ: "at+jwt" }],
      ["typ of a logout token", { typ: "logout+jwt" }],
    ] as const
  ).map(
    ([name, change]): LieRow => ({
      name,
      rule: "R7",
      tell: header((honest) => ({ ...honest, ...change })),
      outcome: invalid,
    }),
  ),
  { name: "typ missing", rule: "R6", tell: header((honest) => without(honest, "typ")), outcome: "accepted" },
  ...(["jwk", "x5c", "jku", "x5u"] as const).map(
    (source): LieRow => ({
      name: `the key in the header's ${source}`,
      rule: "R7",
      tell: (lying, { other }) => {
        const { header: honest, claims: rest } = lying.honestToken()
        const values = {
          jwk: publicJwk(other, {}),
          x5c: [other.publicKey.export({ type: "spki", format: "der" }).toString("base64")],
          jku: `${lying.issuer}/other/keys`,
          x5u: `${lying.issuer}/other/keys`,
        }
        const parts = { header: { ...honest, [source]: values[source] }, claims: rest }
        tellIdToken(lying, lying.sign(parts, other.privateKey))
      },
      outcome: invalid,
    }),
  ),
  {
    name: "the right key, beside a foreign one in the header",
    rule: "R7",
    tell: header((honest, { other }) => ({
      ...honest,
      jwk: publicJwk(other, {}),
      jku: "https://evil.example",
    })),
    outcome: "accepted",
  },
  {
    name: "HS256 with the client secret",
    rule: "R6",
    tell: signedWith("HS256", (input) => hs256(input, "canary-client-secret")),
    outcome: invalid,
  },
  {
    name: "HS256 with the modulus",
    rule: "R6",
    tell: signedWith("HS256", (input, lying) => hs256(input, String(lying.honestJwk().n))),
    outcome: invalid,
  },
  {
    name: "alg none over a signature",
    rule: "R6",
    tell: signedWith("none", (i, l) => l.signInput(i)),
    outcome: invalid,
  },
  ...(
    [
      ["a corrupt signature", (honest) => flip(honest, honest.length - 20)],
      ["a corrupt payload", (honest) => flip(honest, honest.indexOf(".") + 20)],
      ["no signature", (honest) => honest.slice(0, honest.lastIndexOf(".") + 1)],
      ["half a signature", (honest) => honest.slice(0, -100)],
      ["two parts", (honest) => honest.slice(0, honest.lastIndexOf("."))],
      ["four parts", (honest) => `${honest}.AAAA`],
      ["five parts, as if encrypted", (honest) => `${honest}.AAAA.AAAA`],
      ["padding", (honest) => `${honest}==`],
      ["a line break at the end", (honest) => `${honest}\n`],
      ["a space in front", (honest) => ` ${honest}`],
      ["a line break in the payload", (honest) => honest.replace(".", ".\n")],
      ["base64 instead of base64url", (honest) => honest.replaceAll("-", "+").replaceAll("_", "/")],
      ["stray bits at the end", (honest) => strayBits(honest)],
      ["JSON serialisation", (honest) => jsonForm(honest)],
      ["no token at all", () => "not-a-token"],
    ] as const satisfies readonly (readonly [string, (honest: string) => string])[]
  ).map(
    ([name, change]): LieRow => ({
      name,
      rule: "R6",
      tell: token((honest) => change(honest)),
      outcome: invalid,
    }),
  ),
  {
    name: "a token of 65 KB",
    rule: "R17",
    tell: claims((honest) => ({ ...honest, filler: "a".repeat(65_000) })),
    outcome: invalid,
  },
]

/** Keys (R7, R8, R23). */
const keyRows: readonly LieRow[] = [
  {
    name: "two keys under one kid",
    rule: "R8",
    tell: keySet((jwk, { other }) => [jwk, publicJwk(other, { kid, use: "sig" })]),
    outcome: invalid,
  },
  {
    name: "two keys under one kid, the other a P-256",
    rule: "R8",
    tell: keySet((jwk, { ec }) => [publicJwk(ec, { kid }), jwk]),
    outcome: invalid,
  },
  {
    name: "the key for encryption",
    rule: "R23",
    tell: keySet((jwk) => [{ ...jwk, use: "enc" }]),
    outcome: invalid,
  },
  {
    name: "the key for other operations",
    rule: "R62",
    tell: keySet((jwk) => [{ ...without(jwk, "use"), key_ops: ["encrypt"] }]),
    outcome: invalid,
  },
  {
    name: "the key for verifying",
    rule: "R62",
    tell: keySet((jwk) => [{ ...without(jwk, "use"), key_ops: ["verify"] }]),
    outcome: "accepted",
  },
  {
    name: "the key for another alg",
    rule: "R7",
    tell: keySet((jwk) => [{ ...jwk, alg: "RS512" }]),
    outcome: invalid,
  },
  {
    name: "the key without use and alg",
    rule: "R6",
    tell: keySet((jwk) => [without(without(jwk, "use"), "alg")]),
    outcome: "accepted",
  },
  {
    name: "a key of 1024 bits",
    rule: "R7",
    tell: (lying, { weak }) => {
      lying.lies.keys = () => ({ body: { keys: [publicJwk(weak, { kid })] } })
      tellIdToken(lying, lying.sign(lying.honestToken(), weak.privateKey))
    },
    outcome: invalid,
  },
  {
    name: "a symmetric key",
    rule: "R7",
    tell: (lying) => {
      lying.lies.keys = () => ({ body: { keys: [{ kty: "oct", kid, k: encode("shared"), alg: "HS256" }] } })
      signedWith("HS256", (input) => hs256(input, "shared"))(lying, {} as LieKeys)
    },
    outcome: invalid,
  },
  { name: "no keys", rule: "R17", tell: keySet(() => []), outcome: invalid },
  {
    name: "keys that are no objects",
    rule: "R17",
    tell: keySet(() => [null, 1, "key", []]),
    outcome: invalid,
  },
  {
    name: "a key without a modulus",
    rule: "R17",
    tell: keySet((jwk) => [without(jwk, "n")]),
    outcome: invalid,
  },
  {
    name: "the private key published with it",
    rule: "R6",
    tell: keySet((jwk) => [{ ...jwk, d: "AQAB", p: "AQAB", q: "AQAB" }]),
    outcome: "accepted",
  },
  ...(
    [
      ["keys that hold no list", { body: { keys: {} } }],
      ["keys of an empty object", { body: {} }],
      ["keys of an HTML page", { body: "<html>", headers: { "content-type": "text/html" } }],
      ["keys behind a redirect", { status: 302, headers: { location: "https://evil.example/keys" } }],
      ["keys with a 503", { status: 503 }],
      ["keys with a 404", { status: 404 }],
      ["keys cut off", { breaks: true }],
      ["keys torn", { body: '{"keys":[{"kty"' }],
      ["keys past the size limit", { body: { keys: [], filler: "a".repeat(1_100_000) } }],
    ] as const
  ).map(
    ([name, answer]): LieRow => ({
      name,
      rule: "R17",
      tell: (lying) => {
        lying.lies.keys = () => answer
      },
      outcome: unavailable,
    }),
  ),
]

/** Configurations (R20, R22). */
const discoveryRows: readonly LieRow[] = [
  ...(
    [
      ["issuer with a trailing slash", (honest) => ({ ...honest, issuer: `${honest.issuer}/` })],
      ["issuer missing", (honest) => without(honest, "issuer")],
      ["keys on another host", (honest) => ({ ...honest, jwks_uri: "https://evil.example/keys" })],
      [
        "token endpoint on another host",
        (honest) => ({ ...honest, token_endpoint: "https://evil.example/t" }),
      ],
      ["authorization on another host", (h) => ({ ...h, authorization_endpoint: "https://evil.example/a" })],
      [
        "endpoint with credentials",
        (h) => ({ ...h, token_endpoint: String(h.token_endpoint).replace("//", "//a:b@") }),
      ],
      [
        "endpoint with a query",
        (h) => ({ ...h, authorization_endpoint: `${h.authorization_endpoint}?client_id=x` }),
      ],
      ["endpoint that is no address", (honest) => ({ ...honest, token_endpoint: "/oauth/tokens" })],
      ["endpoint that is a number", (honest) => ({ ...honest, token_endpoint: 1 })],
      ["no keys' address", (honest) => without(honest, "jwks_uri")],
      ["no token endpoint", (honest) => without(honest, "token_endpoint")],
      ["no RS256", (honest) => ({ ...honest, id_token_signing_alg_values_supported: ["HS256"] })],
    ] as const satisfies readonly (readonly [
      string,
      (honest: Record<string, unknown>) => Record<string, unknown>,
    ])[]
  ).map(([name, change]): LieRow => ({ name, rule: "R22", tell: discovery(change), outcome: unavailable })),
  ...(
    [
      ["configuration in an array", { body: [] }],
      ["configuration of an HTML page", { body: "<html>", headers: { "content-type": "text/html" } }],
      ["configuration behind a redirect", { status: 301, headers: { location: "https://evil.example/" } }],
      ["configuration with a 500", { status: 500 }],
      ["configuration with a 404", { status: 404 }],
      ["configuration cut off", { breaks: true }],
    ] as const
  ).map(
    ([name, answer]): LieRow => ({
      name,
      rule: "R17",
      tell: (lying) => {
        lying.lies.discovery = () => answer
      },
      outcome: unavailable,
    }),
  ),
]

/** Answers of the token endpoint (R17, R25, R50). */
const tokenRows: readonly LieRow[] = [
  ...(
    [
      ["token_type absent", (honest) => honest, "R50", "accepted"],
      ["token_type bearer", (honest) => ({ ...honest, token_type: "bearer" }), "R50", "accepted"],
      ["token_type mac", (honest) => ({ ...honest, token_type: "mac" }), "R50", "CLEVER_BODY_INVALID"],
      ["token_type DPoP", (honest) => ({ ...honest, token_type: "DPoP" }), "R50", "CLEVER_BODY_INVALID"],
      ["token_type null", (honest) => ({ ...honest, token_type: null }), "R50", "CLEVER_BODY_INVALID"],
      [
        "token_type a list",
        (honest) => ({ ...honest, token_type: ["bearer"] }),
        "R50",
        "CLEVER_BODY_INVALID",
      ],
      ["{}", () => ({}), "R17", "CLEVER_BODY_INVALID"],
      ["[]", () => [], "R17", "CLEVER_BODY_INVALID"],
      ["null", () => null, "R17", "CLEVER_BODY_INVALID"],
      ["text", () => '"token"', "R17", "CLEVER_BODY_INVALID"],
      ["access_token a number", (honest) => ({ ...honest, access_token: 7 }), "R17", "CLEVER_BODY_INVALID"],
      ["access_token empty", (honest) => ({ ...honest, access_token: "" }), "R17", "CLEVER_BODY_INVALID"],
      [
        "access_token with a line break",
        (h) => ({ ...h, access_token: "a\r\nb" }),
        "R17",
        "CLEVER_BODY_INVALID",
      ],
      ["access_token in an object", (h) => ({ ...h, access_token: { a: 1 } }), "R17", "CLEVER_BODY_INVALID"],
      ["expires_in a word", (honest) => ({ ...honest, expires_in: "soon" }), "R17", "CLEVER_BODY_INVALID"],
      ["scope a list", (honest) => ({ ...honest, scope: ["read"] }), "R17", "CLEVER_BODY_INVALID"],
      ["id_token a number", (honest) => ({ ...honest, id_token: 7 }), "R17", "CLEVER_BODY_INVALID"],
      ["id_token an object", (honest) => ({ ...honest, id_token: {} }), "R17", "CLEVER_BODY_INVALID"],
      ["id_token null", (honest) => ({ ...honest, id_token: null }), "R49", "accepted"],
      ["a 200 with invalid_grant", () => ({ error: "invalid_grant" }), "R17", "LOGIN_CODE_REJECTED"],
      ["a 200 with tokens and an error", (h) => ({ ...h, error: "x" }), "R17", "CLEVER_REQUEST_REFUSED"],
      ["tokens of a prototype", (h) => `{"__proto__":${JSON.stringify(h)}}`, "R60", "CLEVER_BODY_INVALID"],
    ] as const satisfies readonly (readonly [
      string,
      (honest: Record<string, unknown>) => unknown,
      string,
      ErrorCode | "accepted",
    ])[]
  ).map(
    ([name, change, rule, outcome]): LieRow => ({
      name: `token answer: ${name}`,
      rule,
      tell: tokenAnswer(change),
      outcome,
    }),
  ),
  ...(
    [
      ["a used code", { status: 400, body: { error: "invalid_grant" } }, "LOGIN_CODE_REJECTED"],
      ["a used code by a 401", { status: 401, body: { error: "invalid_grant" } }, "LOGIN_CODE_REJECTED"],
      ["a wrong secret", { status: 401, body: { error: "invalid_client" } }, "CLEVER_CREDENTIALS_REJECTED"],
      [
        "a wrong secret by a 400",
        { status: 400, body: { error: "invalid_client" } },
        "CLEVER_CREDENTIALS_REJECTED",
      ],
      ["a 401 of no JSON", { status: 401, body: "<html>" }, "CLEVER_CREDENTIALS_REJECTED"],
      [
        "a 401 with a challenge",
        { status: 401, body: {}, headers: { "www-authenticate": 'Basic realm="x"' } },
        "CLEVER_CREDENTIALS_REJECTED",
      ],
      ["an unknown error", { status: 400, body: { error: "canary-code" } }, "CLEVER_REQUEST_REFUSED"],
      ["an error that is no text", { status: 400, body: { error: { a: 1 } } }, "CLEVER_REQUEST_REFUSED"],
      ["a 403", { status: 403, body: {} }, "CLEVER_REQUEST_REFUSED"],
      [
        "a 404",
        { status: 404, body: "<html>", headers: { "content-type": "text/html" } },
        "CLEVER_REQUEST_REFUSED",
      ],
      ["a 429", { status: 429, body: "" }, "CLEVER_RATE_LIMITED"],
      ["a 500", { status: 500, body: {} }, "CLEVER_UNAVAILABLE"],
      ["a 503", { status: 503, body: "" }, "CLEVER_UNAVAILABLE"],
      ["a 302", { status: 302, headers: { location: "https://evil.example" } }, "CLEVER_LINK_FOREIGN"],
      ["a 307", { status: 307, headers: { location: "/oauth/tokens" } }, "CLEVER_LINK_FOREIGN"],
      ["a 201", { status: 201 }, "CLEVER_BODY_INVALID"],
      ["a 204", { status: 204, body: "" }, "CLEVER_BODY_INVALID"],
      ["an HTML page", { body: "<html>", headers: { "content-type": "text/html" } }, "CLEVER_BODY_INVALID"],
      ["JSON as HTML", { headers: { "content-type": "text/html" } }, "CLEVER_BODY_INVALID"],
      ["JSON as text", { headers: { "content-type": "text/plain" } }, "CLEVER_BODY_INVALID"],
      [
        "a form",
        { body: "access_token=a", headers: { "content-type": "text/plain" } },
        "CLEVER_BODY_INVALID",
      ],
      ["torn JSON", { body: '{"access_token":"il' }, "CLEVER_BODY_INVALID"],
      ["nothing", { body: "" }, "CLEVER_BODY_INVALID"],
      ["too much", { body: { access_token: "a".repeat(1_100_000) } }, "CLEVER_BODY_TOO_LARGE"],
      ["a cut connection", { breaks: true }, "CLEVER_UNREACHABLE"],
    ] as const
  ).map(
    ([name, answer, outcome]): LieRow => ({
      name: `token answer: ${name}`,
      rule: outcome === "CLEVER_UNAVAILABLE" || outcome === "CLEVER_UNREACHABLE" ? "R25" : "R17",
      tell: (lying) => {
        lying.lies.token = () => answer
      },
      outcome,
    }),
  ),
  {
    name: "no id_token where one is required",
    rule: "R49",
    tell: tokenAnswer((honest) => without(honest, "id_token")),
    oidc: "required",
    outcome: "LOGIN_ID_TOKEN_MISSING",
  },
  {
    name: "no id_token where one is not required",
    rule: "R49",
    tell: tokenAnswer((honest) => without(honest, "id_token")),
    outcome: "accepted",
  },
  {
    name: "an id_token without OpenID Connect",
    rule: "R49",
    tell: token(() => "not-looked-at"),
    oidc: "off",
    outcome: "accepted",
  },
]

const stranger = "5d00000000000000000000ff"
const otherDistrict = "5a00000000000000000000ff"

/** Answers about the person (R9, R44, R46). */
const personRows: readonly LieRow[] = [
  ...(
    [
      ["me another id", "me", (data) => ({ ...data, id: stranger })],
      ["user another id", "user", (data) => ({ ...data, id: stranger })],
      ["me another district", "me", (data) => ({ ...data, district: otherDistrict })],
      ["user another district", "user", (data) => ({ ...data, district: otherDistrict })],
    ] as const satisfies readonly (readonly [
      string,
      "me" | "user",
      (data: Record<string, unknown>) => Record<string, unknown>,
    ])[]
  ).map(
    ([name, endpoint, change]): LieRow => ({
      name,
      rule: "R9",
      tell: api(endpoint, change),
      outcome: "LOGIN_IDENTITY_MISMATCH",
    }),
  ),
  ...(
    [
      ["id_token another sub", { sub: stranger }],
      ["id_token another multi_role_user_id", { multi_role_user_id: stranger }],
      ["id_token another sub and multi_role_user_id", { sub: stranger, multi_role_user_id: stranger }],
      ["id_token another district", { district: otherDistrict }],
      ["id_token another district_id", { district_id: otherDistrict }],
    ] as const
  ).map(
    ([name, change]): LieRow => ({
      name,
      rule: "R9",
      tell: claims((honest) => ({ ...honest, ...change })),
      outcome: "LOGIN_IDENTITY_MISMATCH",
    }),
  ),
  ...(
    [
      ["no roles", { roles: {} }, "LOGIN_WITHOUT_ROLE"],
      ["roles null", { roles: null }, "LOGIN_WITHOUT_ROLE"],
      ["roles of nothing", { roles: { student: null } }, "LOGIN_WITHOUT_ROLE"],
      ["an unknown role", { roles: { superintendent: {} } }, "LOGIN_WITHOUT_ROLE"],
      ["roles as a list", { roles: ["teacher"] }, "CLEVER_BODY_INVALID"],
      ["roles as a word", { roles: "teacher" }, "CLEVER_BODY_INVALID"],
      ["a role that is true", { roles: { district_admin: true } }, "CLEVER_BODY_INVALID"],
    ] as const
  ).map(
    ([name, change, outcome]): LieRow => ({
      name,
      rule: "R44",
      tell: api("user", (data) => ({ ...data, ...change })),
      outcome,
    }),
  ),
  ...(
    [
      ["me 404", "me", { status: 404, body: "" }, "R46", "LOGIN_UNAUTHORIZED_USER"],
      ["user 404", "user", { status: 404, body: "" }, "R46", "LOGIN_UNAUTHORIZED_USER"],
      ["user 403", "user", { status: 403, body: "" }, "R46", "LOGIN_UNAUTHORIZED_USER"],
      ["me 401", "me", { status: 401, body: "" }, "R17", "CLEVER_TOKEN_REJECTED"],
      ["me {}", "me", { body: {} }, "R17", "CLEVER_BODY_INVALID"],
      ["me []", "me", { body: [] }, "R17", "CLEVER_BODY_INVALID"],
      ["me null", "me", { body: "null" }, "R17", "CLEVER_BODY_INVALID"],
      ["me torn", "me", { body: '{"data":{"id":"5d' }, "R17", "CLEVER_BODY_INVALID"],
      [
        "me an HTML page",
        "me",
        { body: "<html>", headers: { "content-type": "text/html" } },
        "R17",
        "CLEVER_BODY_INVALID",
      ],
      [
        "me redirected",
        "me",
        { status: 302, headers: { location: "/v3.1/me" } },
        "R20",
        "CLEVER_LINK_FOREIGN",
      ],
      ["me a 200 with an error", "me", { body: { error: "x" } }, "R17", "CLEVER_BODY_INVALID"],
      [
        "me of a prototype",
        "me",
        { body: `{"__proto__":{"data":{"id":"${person.id}"}}}` },
        "R60",
        "CLEVER_BODY_INVALID",
      ],
      ["user {}", "user", { body: {} }, "R17", "CLEVER_BODY_INVALID"],
      [
        "user past the size limit",
        "user",
        { body: { data: "a".repeat(1_100_000) } },
        "R17",
        "CLEVER_BODY_TOO_LARGE",
      ],
    ] as const
  ).map(
    ([name, endpoint, answer, rule, outcome]): LieRow => ({
      name,
      rule,
      tell: (lying) => {
        lying.lies[endpoint] = () => answer
      },
      outcome,
    }),
  ),
  ...(
    [
      ["me an id that is a number", { id: 7 }],
      ["me an id __proto__", { id: "__proto__" }],
      ["me an id that is a path", { id: "../districts" }],
      ["me a district that is a list", { district: [person.district] }],
      ["me authorized by somebody else", { authorized_by: "nobody" }],
      ["me authorized by nobody, without a district", { authorized_by: undefined, district: undefined }],
    ] as const
  ).map(
    ([name, change]): LieRow => ({
      name,
      rule: "R17",
      tell: api("me", (data) => ({ ...data, ...change })),
      outcome: "CLEVER_BODY_INVALID",
    }),
  ),
]

/** Every lie. */
export const lieRows: readonly LieRow[] = [
  ...openidRows,
  ...fapiRows,
  ...claimRows,
  ...formRows,
  ...keyRows,
  ...discoveryRows,
  ...tokenRows,
  ...personRows,
]

/** Makes it a Library login whose user can't be read. */
export function library(lying: LyingProvider): void {
  lying.isOidc = false
  lying.lies.me = () => ({ body: { data: { id: person.id, type: "user", authorized_by: "teacher" } } })
  lying.lies.user = () => ({ status: 404, body: "" })
  lying.lies.userinfo = () => ({
    body: {
      sub: person.id,
      multi_role_user_id: person.id,
      user_id: person.legacyId,
      user_type: "student",
      authorized_by: "teacher",
      name: { first: person.first, last: "P" },
    },
  })
}

function rs256(input: string, key: KeyObject): string {
  return createSign("sha256").update(input).sign(key).toString("base64url")
}

function es256(input: string, key: KeyObject): string {
  return sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")
}

function hs256(input: string, secret: string): string {
  return createHmac("sha256", secret).update(input).digest("base64url")
}

function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1)
}

/** The signature's last character with bits that decoding drops: 256 bytes leave four of its six unused. */
function strayBits(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? "A") + 1]
}

function jsonForm(text: string): string {
  const [protectedPart, payload, signature] = text.split(".")
  return JSON.stringify({ protected: protectedPart, payload, signature })
}

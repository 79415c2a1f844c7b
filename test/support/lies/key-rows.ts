import { encode, kid } from "../lying-provider.ts"
import type { LieKeys, LieRow } from "./lie-row.ts"
import {
  discovery,
  header,
  hs256,
  invalid,
  keySet,
  publicJwk,
  signedWith,
  tellIdToken,
  unavailable,
  without,
} from "./tell.ts"

/** Keys (R7, R8, R23). */
export const keyRows: readonly LieRow[] = [
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
    name: "the key as one of another type",
    rule: "R7",
    tell: keySet((jwk) => [{ ...jwk, kty: "EC" }]),
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
  {
    name: "a kid that is a number, in both places",
    rule: "R7",
    tell: (lying) => {
      lying.lies.keys = () => ({ body: { keys: [{ ...lying.honestJwk(), kid: 1 }] } })
      header((honest) => ({ ...honest, kid: 1 }))(lying, {} as LieKeys)
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
export const discoveryRows: readonly LieRow[] = [
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

import { clientId } from "../lying-provider.ts"
import type { LieRow } from "./lie-row.ts"
import {
  claims,
  discovery,
  es256,
  header,
  hs256,
  invalid,
  keySet,
  library,
  pem,
  pss,
  publicJwk,
  rs256,
  signedWith,
  tokenAnswer,
  unavailable,
  without,
} from "./tell.ts"

/** The OpenID Foundation's basic and config relying-party plans. */
export const openidRows: readonly LieRow[] = [
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
export const fapiRows: readonly LieRow[] = [
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

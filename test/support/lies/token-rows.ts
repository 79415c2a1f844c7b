import type { ErrorCode } from "../../../src/errors/index.ts"
import type { LieRow } from "./lie-row.ts"
import { token, tokenAnswer, without } from "./tell.ts"

/** Answers of the token endpoint (R17, R25, R50). */
export const tokenRows: readonly LieRow[] = [
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

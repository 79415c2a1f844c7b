import { Hono } from "hono"
import { jsonAnswer } from "../server/answers.ts"
import type { SignIn } from "./sign-in.ts"

/** OpenID Connect discovery and the public keys. PKCE is advertised only if an app has it. */
export function discoveryRoutes(signIn: SignIn): Hono {
  const routes = new Hono()
  routes.get("/.well-known/openid-configuration", () => {
    const { url } = signIn
    const pkce = signIn.apps.some((app) => app.pkce)
    return jsonAnswer(200, {
      issuer: url,
      authorization_endpoint: `${url}/oauth/authorize`,
      token_endpoint: `${url}/oauth/tokens`,
      userinfo_endpoint: `${url}/userinfo`,
      jwks_uri: `${url}/oauth/certs`,
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      scopes_supported: ["openid"],
      token_endpoint_auth_methods_supported: ["client_secret_basic"],
      claims_supported: [
        "sub",
        "user_id",
        "multi_role_user_id",
        "user_type",
        "district",
        "email",
        "email_verified",
        "given_name",
        "family_name",
      ],
      ...(pkce ? { code_challenge_methods_supported: ["S256"] } : {}),
    })
  })
  routes.get("/oauth/certs", async () => jsonAnswer(200, { keys: await signIn.keys.published() }))
  return routes
}

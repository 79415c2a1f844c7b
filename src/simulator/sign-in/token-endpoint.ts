import { createHash } from "node:crypto"
import { Hono } from "hono"
import { isJsonObject, type JsonObject } from "../json.ts"
import { jsonAnswer } from "../server/answers.ts"
import { appOfRequest } from "./client-credentials.ts"
import type { IssuedCode } from "./code-book.ts"
import { idTokenClaims } from "./identity.ts"
import { findPerson } from "./person.ts"
import type { SignIn } from "./sign-in.ts"
import type { SimulatedApp } from "./simulated-app.ts"

/** `POST /oauth/tokens`: a code becomes a user token, and for OIDC apps an `id_token`. */
export function tokenEndpoint(signIn: SignIn): Hono {
  const routes = new Hono()
  routes.post("/oauth/tokens", async (c) => {
    const body = await bodyOf(c.req.raw)
    if (body === undefined) return refused(400, "invalid_request", "invalid content-type")
    const app = appOfRequest(signIn, c.req.header("authorization"))
    if (app === undefined) {
      const answer = refused(401, "invalid_client", "invalid client credentials")
      answer.headers.set("www-authenticate", 'Basic realm="Clever"')
      return answer
    }
    const { grant_type: grantType, code, redirect_uri: redirectUri, code_verifier: verifier } = body
    if (grantType !== "authorization_code")
      return refused(400, "unsupported_grant_type", "invalid grant type")
    const issued = typeof code === "string" ? signIn.codes.find(code) : undefined
    if (issued === undefined || issued.clientId !== app.clientId)
      return refused(400, "invalid_grant", "invalid code")
    if (issued.redirectUri !== redirectUri) return refused(400, "invalid_grant", "invalid redirect_uri")
    if (!provesPossession(app, issued, verifier))
      return refused(400, "invalid_grant", "invalid code_verifier")
    return jsonAnswer(200, await exchange(signIn, app, issued))
  })
  return routes
}

async function exchange(signIn: SignIn, app: SimulatedApp, issued: IssuedCode): Promise<JsonObject> {
  signIn.codes.redeem(issued)
  const { grant, nonce } = issued
  const { token } = signIn.tokens.issue({ clientId: app.clientId, grant })
  const answer: JsonObject = { access_token: token }
  if (app.tokenType !== "absent") answer.token_type = app.tokenType
  const person = findPerson(signIn.districts, grant.personId)
  if (!app.oidc || grant.authorizedBy === "teacher" || person === undefined) return answer
  const claims = idTokenClaims({ app, grant, person }, { issuer: signIn.url, nonce, now: signIn.wallClock() })
  answer.id_token = await signIn.keys.sign(claims)
  return answer
}

/** The fields of a form or JSON body; undefined for any other type, as Clever refuses multipart bodies. */
async function bodyOf(request: Request): Promise<JsonObject | undefined> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase()
  const text = await request.text()
  if (type === "application/x-www-form-urlencoded") return Object.fromEntries(new URLSearchParams(text))
  if (type !== "application/json") return undefined
  try {
    const body: unknown = JSON.parse(text)
    return isJsonObject(body) ? body : {}
  } catch {
    return {}
  }
}

function provesPossession(app: SimulatedApp, issued: IssuedCode, verifier: unknown): boolean {
  if (!app.pkce || issued.codeChallenge === undefined) return true
  if (typeof verifier !== "string") return false
  return createHash("sha256").update(verifier).digest("base64url") === issued.codeChallenge
}

function refused(status: number, error: string, description: string): Response {
  return jsonAnswer(status, { error, error_description: description })
}

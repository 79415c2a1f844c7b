import { randomBytes } from "node:crypto"
import type { RequestListener } from "node:http"
import express from "express"
import peer from "express-openid-connect"
import { cleverLogin, cleverSession } from "../../src/express/index.ts"
import { CleverSsoClient } from "../../src/sso/index.ts"
import type { LoginAppTask } from "../tasks.ts"

/** Homeroom as an app uses it: `/auth/clever/login`, sessions in a sealed cookie, and who is logged in at `/whoami`. */
export function homeroomApp(task: LoginAppTask, origin: string): RequestListener {
  const { clientId, clientSecret, authUrl, apiUrl } = task
  const sso = new CleverSsoClient({
    clientId,
    clientSecret,
    authUrl,
    apiUrl,
    redirectUri: `${origin}/auth/clever/callback`,
    cookieSecret: randomBytes(32).toString("base64"),
    oidc: "required",
    allowInsecureLocalhost: true,
  })
  const app = express()
  app.use("/auth/clever", cleverLogin({ sso }))
  app.use(cleverSession({ sso }))
  app.get("/whoami", (req, res) => {
    res.json({ id: req.cleverSession?.cleverId ?? null })
  })
  return app
}

/**
 * The same with express-openid-connect: the code flow, sessions in a sealed cookie. Unless it is `peer-bare` it asks
 * Clever who this is in which roles, as an app for Clever has to and as Homeroom does: an id_token has one role at most.
 */
export function peerApp(task: LoginAppTask, origin: string): RequestListener {
  const { clientId, clientSecret, authUrl, apiUrl, subject } = task
  const app = express()
  app.use(
    peer.auth({
      issuerBaseURL: authUrl,
      baseURL: origin,
      clientID: clientId,
      clientSecret,
      secret: randomBytes(32).toString("base64"),
      authRequired: false,
      authorizationParams: { response_type: "code", scope: "openid" },
      routes: { login: "/auth/clever/login", callback: "/auth/clever/callback" },
      ...(subject === "peer" && {
        afterCallback: async (_req, _res, session) => {
          const headers = { authorization: `Bearer ${session.access_token}` }
          const me = await readJson(`${apiUrl}/v3.1/me`, headers)
          const user = await readJson(`${apiUrl}/v3.1/users/${me.id}`, headers)
          return { ...session, roles: Object.keys(user.roles as object) }
        },
      }),
    }),
  )
  app.get("/whoami", (req, res) => {
    res.json({ id: req.oidc.user?.sub ?? null })
  })
  return app
}

async function readJson(url: string, headers: Record<string, string>): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers })
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`)
  const { data } = (await response.json()) as { data: Record<string, unknown> }
  return data
}

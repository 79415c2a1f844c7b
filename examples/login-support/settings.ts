/** What the login examples read from the environment. */
import { randomBytes } from "node:crypto"
import type { CleverSsoOptions } from "homeroom"
import { SqliteStorage } from "homeroom/sqlite"

const {
  PORT = "3000",
  BASE_URL = `http://localhost:${PORT}`,
  CLEVER_CLIENT_ID: clientId = "",
  CLEVER_CLIENT_SECRET: clientSecret = "",
  HOMEROOM_COOKIE_SECRET: cookieSecret,
  HOMEROOM_CLEVER_AUTH_URL: authUrl,
  HOMEROOM_CLEVER_API_URL: apiUrl,
  HOMEROOM_CLEVER_OIDC: oidc,
  HOMEROOM_STORAGE: storage,
} = process.env

export const port = Number(PORT)

const allowInsecureLocalhost = new URL(BASE_URL).protocol === "http:"
if (allowInsecureLocalhost) {
  console.warn(
    "WARNING: BASE_URL is plain http, so cookies are not Secure. For development on this machine only.",
  )
}
if (cookieSecret === undefined) {
  console.warn("HOMEROOM_COOKIE_SECRET is not set: logins end when this program does.")
}
if (storage !== undefined && !storage.startsWith("sqlite:")) {
  console.warn("HOMEROOM_STORAGE is not sqlite:PATH: ended sessions are remembered in this process alone.")
}

/** For `new CleverSsoClient`. */
export const settings: CleverSsoOptions = {
  clientId,
  clientSecret,
  redirectUri: `${BASE_URL.replace(/\/$/, "")}/auth/clever/callback`,
  cookieSecret: cookieSecret ?? randomBytes(32).toString("base64"),
  // With a roster's database, spent logins and ended sessions are remembered there too.
  store: storage?.startsWith("sqlite:")
    ? new SqliteStorage({ path: storage.slice("sqlite:".length) })
    : undefined,
  oidc: oidc as CleverSsoOptions["oidc"],
  session: { displayName: true },
  allowInsecureLocalhost,
  authUrl,
  apiUrl,
}

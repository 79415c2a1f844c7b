/** What the login examples read from the environment. */
import { randomBytes } from "node:crypto"
import type { CleverSsoOptions } from "homeroom"
import { PostgresStorage } from "homeroom/postgres"
import { SqliteStorage } from "homeroom/sqlite"

/** Where the app listens. */
export const port = Number(read("PORT") ?? "3000")

const baseUrl = read("BASE_URL") ?? `http://localhost:${port}`
const isPlainHttp = /^http:/i.test(baseUrl)
if (isPlainHttp) {
  console.warn(
    "WARNING: BASE_URL is plain http, so cookies are not Secure. For development on this machine only.",
  )
}

const cookieSecret = read("HOMEROOM_COOKIE_SECRET")
if (cookieSecret === undefined) {
  console.warn("HOMEROOM_COOKIE_SECRET is not set: logins end when this program does.")
}

/** For `new CleverSsoClient`. */
export const settings: CleverSsoOptions = {
  clientId: read("CLEVER_CLIENT_ID") ?? "",
  clientSecret: read("CLEVER_CLIENT_SECRET") ?? "",
  redirectUri: `${baseUrl.replace(/\/$/, "")}/auth/clever/callback`,
  cookieSecret: cookieSecret ?? randomBytes(32).toString("base64"),
  // With a roster's database, spent logins and ended sessions are remembered there too.
  store: storageAt(read("HOMEROOM_STORAGE")),
  oidc: read("HOMEROOM_CLEVER_OIDC") as CleverSsoOptions["oidc"],
  session: { displayName: true },
  allowInsecureLocalhost: isPlainHttp,
  authUrl: read("HOMEROOM_CLEVER_AUTH_URL"),
  apiUrl: read("HOMEROOM_CLEVER_API_URL"),
}

/** A variable's value; one that is empty counts as absent. */
function read(name: string): string | undefined {
  return process.env[name]?.trim() || undefined
}

function storageAt(address: string | undefined): SqliteStorage | PostgresStorage | undefined {
  if (address === undefined) return undefined
  if (/^postgres(?:ql)?:/.test(address)) return new PostgresStorage({ connectionString: address })
  const [, path] = /^sqlite:(.+)$/s.exec(address) ?? []
  // The address is not repeated: that of another database would hold a password.
  if (path === undefined) {
    throw new Error("HOMEROOM_STORAGE must be sqlite:PATH, as in sqlite:./homeroom.db, or postgres://….")
  }
  return new SqliteStorage({ path })
}

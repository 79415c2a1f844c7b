/** What the examples with a login read from the environment, and what they say when they listen. */
import { randomBytes } from "node:crypto"
import type { CleverSsoOptions, RosterStorage } from "homeroom"
import { PostgresStorage } from "homeroom/postgres"
import type { SimulatorOptions } from "homeroom/simulator"
import { SqliteStorage } from "homeroom/sqlite"
import { type CleverApp, cleverApp, read } from "./clever-app.ts"

export interface SignIn {
  readonly clever: CleverApp
  /** For `new CleverSsoClient`. */
  readonly settings: CleverSsoOptions
  /** Where the app listens. */
  readonly port: number
  /** For when it does: says where, and whom to log in as. */
  readonly opened: (error?: Error) => void
}

/** `simulated`: the Clever that is simulated where the environment names none. */
export async function signIn(simulated?: SimulatorOptions): Promise<SignIn> {
  const port = Number(read("PORT") ?? "3000")
  const baseUrl = read("BASE_URL") ?? `http://localhost:${port}`
  const isPlainHttp = /^http:/i.test(baseUrl)
  const cookieSecret = read("HOMEROOM_COOKIE_SECRET")
  const clever = await cleverApp(simulated)
  const { clientId, clientSecret, apiUrl, authUrl, people } = clever
  if (people.length === 0) warn({ isPlainHttp, isSecretMissing: cookieSecret === undefined })
  const settings: CleverSsoOptions = {
    clientId,
    clientSecret,
    redirectUri: `${baseUrl.replace(/\/$/, "")}/auth/clever/callback`,
    cookieSecret: cookieSecret ?? randomBytes(32).toString("base64"),
    // With a roster's database, spent logins and ended sessions are remembered there too.
    store: storageAt(read("HOMEROOM_STORAGE")),
    oidc: read("HOMEROOM_CLEVER_OIDC") as CleverSsoOptions["oidc"],
    session: { displayName: true },
    allowInsecureLocalhost: isPlainHttp,
    authUrl,
    apiUrl,
  }
  const opened = (error?: Error) => {
    if (error !== undefined) throw error
    console.log(`Open ${new URL("/", settings.redirectUri)}`)
    const [teacher, student] = (["teacher", "student"] as const).map((role) =>
      people.find((person) => person.role === role),
    )
    if (teacher && student) {
      console.log(
        `Log in as ${teacher.userName}, a teacher, or ${student.userName}, a student; any password.`,
      )
    }
  }
  return { clever, settings, port, opened }
}

function warn({ isPlainHttp, isSecretMissing }: { isPlainHttp: boolean; isSecretMissing: boolean }): void {
  if (isPlainHttp) {
    console.warn(
      "WARNING: BASE_URL is plain http, so cookies are not Secure. For development on this machine only.",
    )
  }
  if (isSecretMissing) console.warn("HOMEROOM_COOKIE_SECRET is not set: logins end when this program does.")
}

function storageAt(address: string | undefined): RosterStorage | undefined {
  if (address === undefined) return undefined
  if (/^postgres(?:ql)?:/.test(address)) return new PostgresStorage({ connectionString: address })
  const [, path] = /^sqlite:(.+)$/s.exec(address) ?? []
  // The address is not repeated: that of another database would hold a password.
  if (path === undefined) {
    throw new Error("HOMEROOM_STORAGE must be sqlite:PATH, as in sqlite:./homeroom.db, or postgres://….")
  }
  return new SqliteStorage({ path })
}

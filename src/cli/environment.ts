import { RoutedSource, SharedRateBudget } from "../entries/exchange.ts"
import { HomeroomError } from "../errors/index.ts"
import {
  type ApiVersion,
  type CleverApp,
  type CleverAppOptions,
  CleverClient,
  type CleverClientOptions,
  cleverApps,
  type RosterSource,
  type RosterStorage,
} from "../index.ts"
import { PostgresStorage } from "../storage/postgres/index.ts"
import { SqliteStorage } from "../storage/sqlite/index.ts"

const defaultStorage = "sqlite:./homeroom.db"

/** What commands that talk to Clever may set besides the environment. */
export interface CleverSettings
  extends Pick<
    CleverClientOptions,
    "pageSize" | "maxRetries" | "timeoutMs" | "fetch" | "rateBudget" | "onEvent"
  > {
  readonly apiVersion?: ApiVersion | undefined
}

/** A client with the credentials and addresses of the environment. Throws `CLEVER_CREDENTIALS_MISSING`. */
export function cleverFromEnvironment(settings: CleverSettings = {}): CleverClient {
  const urls = {
    apiUrl: readUrl("HOMEROOM_CLEVER_API_URL"),
    authUrl: readUrl("HOMEROOM_CLEVER_AUTH_URL"),
  }
  return new CleverClient({
    ...settings,
    ...urls,
    clientId: read("CLEVER_CLIENT_ID"),
    clientSecret: read("CLEVER_CLIENT_SECRET"),
    districtToken: read("CLEVER_DISTRICT_TOKEN"),
  })
}

/** The Clever apps of the environment: those that CLEVER_APPS names, or the one there is. */
export function appsFromEnvironment(settings: CleverSettings = {}): CleverApp[] {
  const names = (read("CLEVER_APPS") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
  if (names.length === 0) return [{ name: "default", clever: cleverFromEnvironment(settings) }]
  return cleverApps(names.map(readApp), {
    ...settings,
    apiUrl: readUrl("HOMEROOM_CLEVER_API_URL"),
    authUrl: readUrl("HOMEROOM_CLEVER_AUTH_URL"),
  })
}

/** The same, within the one limit of requests for each district's token that all processes on the storage share. */
export function appsOn(storage: RosterStorage, settings: CleverSettings = {}): CleverApp[] {
  return appsFromEnvironment({ ...settings, rateBudget: new SharedRateBudget({ storage }) })
}

/** Reads each district through the app of its connection. */
export function sourceOf(storage: RosterStorage, apps: readonly CleverApp[]): RosterSource {
  const [only, ...others] = apps
  return only !== undefined && others.length === 0 ? only.clever : new RoutedSource({ storage, apps })
}

/** What of "Log in with Clever" the environment sets up. */
export interface LoginEnvironment {
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
  readonly cookieSecret: string | undefined
  readonly redirectUri: string | undefined
  /** Where the redirect URI is from, to name it: `BASE_URL`. */
  readonly redirectUriSource: string
  /** Undefined for a mode that there is not. */
  readonly oidc: "auto" | "required" | "off" | undefined
  readonly authUrl: string | undefined
  readonly apiUrl: string | undefined
  /** Whether there is a cookie secret or a redirect URI; without either there is no login. */
  readonly isConfigured: boolean
}

/** Reads what logins need, as the example apps do. `redirectUri` stands in for the one that `BASE_URL` gives. */
export function loginFromEnvironment(options: { redirectUri?: string | undefined } = {}): LoginEnvironment {
  const baseUrl = read("BASE_URL")
  const fromBase = baseUrl === undefined ? undefined : `${baseUrl.replace(/\/$/, "")}/auth/clever/callback`
  const redirectUri = options.redirectUri ?? fromBase
  const cookieSecret = read("HOMEROOM_COOKIE_SECRET")
  const oidc = read("HOMEROOM_CLEVER_OIDC") ?? "auto"
  return {
    clientId: read("CLEVER_CLIENT_ID"),
    clientSecret: read("CLEVER_CLIENT_SECRET"),
    cookieSecret,
    redirectUri,
    redirectUriSource: options.redirectUri === undefined ? "BASE_URL" : "--redirect-uri",
    oidc: oidc === "auto" || oidc === "required" || oidc === "off" ? oidc : undefined,
    authUrl: read("HOMEROOM_CLEVER_AUTH_URL"),
    apiUrl: read("HOMEROOM_CLEVER_API_URL"),
    isConfigured: cookieSecret !== undefined || redirectUri !== undefined,
  }
}

/** True if every request uses the one token of the environment. */
export function hasDistrictToken(): boolean {
  return read("CLEVER_DISTRICT_TOKEN") !== undefined
}

/** Where rosters are kept, as it is written in the environment. */
export function storageAddress(): string {
  return read("HOMEROOM_STORAGE") ?? defaultStorage
}

/** Opens the storage for as long as `use` runs. */
export function withStorage<Result>(
  use: (storage: RosterStorage) => Promise<Result>,
  address: string = storageAddress(),
): Promise<Result> {
  return opened(storageAt(address), use)
}

/** Clever as every process on a storage reaches it: within one limit of requests for each district's token. */
export interface CleverOnStorage {
  readonly storage: RosterStorage
  readonly apps: CleverApp[]
  readonly source: RosterSource
}

/**
 * Opens the storage for as long as `use` runs, and reaches Clever as every process on that storage does. Credentials that
 * are missing are missed before a database is made.
 */
export function withClever<Result>(
  settings: CleverSettings,
  use: (clever: CleverOnStorage) => Promise<Result>,
): Promise<Result> {
  const clever = cleverOnStorage(settings)
  return opened(clever.storage, () => use(clever))
}

/** The same with a storage that nobody has opened yet; `maxConnections` are those to PostgreSQL. */
export function cleverOnStorage(
  settings: CleverSettings,
  { maxConnections }: { maxConnections?: number } = {},
): CleverOnStorage {
  const storage = storageAt(storageAddress(), { maxConnections })
  const apps = appsOn(storage, settings)
  return { storage, apps, source: sourceOf(storage, apps) }
}

async function opened<Result>(
  storage: RosterStorage,
  use: (storage: RosterStorage) => Promise<Result>,
): Promise<Result> {
  await storage.open()
  try {
    return await use(storage)
  } finally {
    await storage.close()
  }
}

/** The storage that an address names, with so many connections at most if it is PostgreSQL. Throws `INVALID_OPTIONS`. */
export function storageAt(
  address: string,
  { maxConnections }: { maxConnections?: number | undefined } = {},
): RosterStorage {
  const [, scheme, path = ""] = /^([a-z]+):(.*)$/s.exec(address) ?? []
  if (scheme === "sqlite" && path !== "" && path !== ":memory:" && !/^\/\/(?!\/)/.test(path)) {
    return new SqliteStorage({ path })
  }
  if (scheme === "postgres" || scheme === "postgresql") {
    // The address holds a password: it is not repeated.
    if (!URL.canParse(address)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message:
          "HOMEROOM_STORAGE must be postgres://USER:PASSWORD@HOST/DATABASE, with special characters as %XX.",
      })
    }
    return new PostgresStorage({ connectionString: address, maxConnections })
  }
  throw new HomeroomError("INVALID_OPTIONS", {
    message:
      "HOMEROOM_STORAGE must be sqlite:PATH, as in sqlite:./homeroom.db, or postgres://USER:PASSWORD@HOST/DATABASE.",
  })
}

/** An app's variables end in its name: those of `sign-in` in `_SIGN_IN`. */
function readApp(name: string): CleverAppOptions {
  const suffix = name.toUpperCase().replace(/[^A-Z0-9]/g, "_")
  const [clientId, clientSecret, mode] = ["CLIENT_ID", "CLIENT_SECRET", "MODE"].map((what) =>
    read(`CLEVER_${what}_${suffix}`),
  )
  if (clientId === undefined || clientSecret === undefined) {
    throw new HomeroomError("CLEVER_CREDENTIALS_MISSING", {
      message: `CLEVER_APPS names ${name}: set CLEVER_CLIENT_ID_${suffix} and CLEVER_CLIENT_SECRET_${suffix}.`,
    })
  }
  if (mode !== undefined && mode !== "sso" && mode !== "sso+provisioning") {
    throw new HomeroomError("INVALID_OPTIONS", {
      message: `CLEVER_MODE_${suffix} must be sso or sso+provisioning.`,
      details: { variable: `CLEVER_MODE_${suffix}` },
    })
  }
  return { name, clientId, clientSecret, mode, signupUrl: read(`CLEVER_SIGNUP_URL_${suffix}`) }
}

/** What people are told of an address: all but its password and parameters. */
export function withoutPassword(address: string): string {
  if (!/^postgres(?:ql)?:/.test(address) || !URL.canParse(address)) return address
  const { protocol, username, host, pathname } = new URL(address)
  return `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname}`
}

/** A variable's value; one that is empty counts as absent. */
function read(name: string): string | undefined {
  return process.env[name]?.trim() || undefined
}

function readUrl(name: string): string | undefined {
  const text = read(name)
  if (text === undefined) return undefined
  const problem = problemWith(text)
  if (problem === undefined) return text
  throw new HomeroomError("INVALID_OPTIONS", { message: `${name} ${problem}.`, details: { variable: name } })
}

/** What `CleverClient` would refuse as well, said in the words of the environment. */
function problemWith(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return "must be an https address"
  const loopback = /^(?:localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(url.hostname)
  if (url.protocol === "http:" && !loopback) {
    return "must be an https address; plain http is accepted for loopback addresses only"
  }
  return undefined
}

import { isUserId } from "../clever/users.ts"
import { HomeroomError } from "../errors/index.ts"
import type { ApiVersion } from "../models/index.ts"
import type { LoginAuditEvent } from "./audit.ts"
import type { LoginRequest } from "./login-request.ts"
import { type LoginStoreLike, MemoryLoginStore } from "./login-store.ts"
import { englishMessages, type LoginMessages } from "./pages/messages.ts"
import { ReturnTargets } from "./return-to.ts"

export interface CleverSsoOptions {
  /** The Clever app's client id. */
  readonly clientId: string
  readonly clientSecret: string
  /**
   * The app's callback address, exactly as registered at Clever, as in `https://app.example/auth/clever/callback`.
   * The other login routes are beside it: `…/login`, `…/logout`.
   */
  readonly redirectUri: string
  /** At least 32 bytes of randomness. Of several the first seals cookies and all open them: add the new one in front. */
  readonly cookieSecret: string | readonly string[]
  /**
   * Where spent logins and ended sessions are remembered: any storage adapter. Default: in this process, which is
   * enough for one process.
   */
  readonly store?: LoginStoreLike | undefined
  /**
   * OpenID Connect, which Clever switches on per app. `auto` (the default) verifies an id_token when one comes,
   * `required` refuses logins without one (Library logins never have one), `off` ignores it.
   */
  readonly oidc?: "auto" | "required" | "off" | undefined
  /**
   * What to do with logins that start at Clever (Portal, Instant Login): `bounce` (the default) discards their code
   * and starts an own login, which the person does not notice; `reject` refuses them.
   */
  readonly portal?: "bounce" | "reject" | undefined
  /**
   * Whether a login that another site started, Clever included, is first asked about: `cross-site` shows a page.
   * Default `never`.
   */
  readonly portalConfirmation?: "never" | "cross-site" | undefined
  /** Lets Clever ask students whether it is really them, for shared devices. Default false. */
  readonly confirmStudents?: boolean | undefined
  /**
   * The one district that logins are for: Clever then skips the school picker, and others are refused. Default:
   * none.
   */
  readonly districtId?: string | undefined
  /** The districts whose people may log in. Default: all. Library logins have none and are let in by `library`. */
  readonly allowedDistricts?: readonly string[] | undefined
  /** Whether teachers and students may log in through Clever Library, without a district. Default true. */
  readonly library?: boolean | undefined
  /** Whether the identity has the e-mail address. Clever does not verify it. Default false. */
  readonly email?: boolean | undefined
  /** Where a login leads that was not asked to lead anywhere, and where a logout leads: a path. Default `/`. */
  readonly homePath?: string | undefined
  /** Other origins that `return_to` may name, exactly, as in `https://reports.app.example`. Default: none. */
  readonly allowedReturnOrigins?: readonly string[] | undefined
  /** Origins whose pages may frame the login's own pages. Default: none. */
  readonly frameAncestors?: readonly string[] | undefined
  /** How long a session lasts, on the server's clock. Each limit has a default of its own. */
  readonly session?: SessionLimits | undefined
  /**
   * Texts that replace the English ones, by code; `language` is the pages' language. Default: {@link
   * englishMessages}.
   */
  readonly messages?: Partial<LoginMessages> | undefined
  /** Told of every step. Holds no name, address, token or code; what it throws is ignored. */
  readonly onAudit?: ((event: LoginAuditEvent) => void) | undefined
  /** Asked before a login starts or ends; false answers 429. Default: nobody is asked. */
  readonly rateLimit?: ((attempt: LoginAttempt) => boolean | Promise<boolean>) | undefined
  /**
   * Accepts a plain-http redirect URI on a loopback address, with cookies that are not `Secure`: for development.
   * Default false.
   */
  readonly allowInsecureLocalhost?: boolean | undefined
  /** Accepts Clever's token answers without the `token_type` that OAuth asks for. Default true. */
  readonly acceptMissingTokenType?: boolean | undefined
  /** Default `https://clever.com`; also the expected issuer. Plain http is accepted for loopback addresses only. */
  readonly authUrl?: string | undefined
  /** Default `https://api.clever.com`. Plain http is accepted for loopback addresses only. */
  readonly apiUrl?: string | undefined
  /** Default `v3.1`. */
  readonly apiVersion?: ApiVersion | undefined
  /** How long one request to Clever may take. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** What requests are sent with. Default: Node's own HTTP client. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

export interface SessionLimits {
  /** Without a request for so long, it ends. Default 30 minutes. */
  readonly idleMs?: number | undefined
  /** It ends after so long in any case. Default 8 hours. */
  readonly absoluteMs?: number | undefined
  /** Whether the session holds the person's name, to show who is logged in. Default false. */
  readonly displayName?: boolean | undefined
}

export interface LoginAttempt {
  readonly route: "login" | "callback"
  readonly request: LoginRequest
  /** The framework's own request and response, to tell an address by. */
  readonly native: unknown
}

/** The options with every default in its place. */
export interface SsoSettings {
  readonly clientId: string
  readonly redirectUri: URL
  /** The first half of every account's key: `https://clever.com`. */
  readonly issuer: string
  readonly oidc: "auto" | "required" | "off"
  readonly timeoutMs: number
  readonly secrets: readonly string[]
  readonly secure: boolean
  readonly store: LoginStoreLike
  readonly portal: "bounce" | "reject"
  readonly portalConfirmation: "never" | "cross-site"
  readonly confirmStudents: boolean
  readonly districtId: string | null
  readonly allowedDistricts: ReadonlySet<string> | null
  readonly library: boolean
  readonly email: boolean
  readonly homePath: string
  readonly allowedReturnOrigins: readonly string[]
  readonly frameAncestors: readonly string[]
  readonly idleMs: number
  readonly absoluteMs: number
  readonly displayName: boolean
  readonly messages: LoginMessages
  readonly onAudit: ((event: LoginAuditEvent) => void) | undefined
  readonly rateLimit: ((attempt: LoginAttempt) => boolean | Promise<boolean>) | undefined
  readonly authUrl: URL
  readonly apiUrl: URL
  readonly apiVersion: ApiVersion
  readonly clock: () => number
  /** Paths of the routes. */
  readonly paths: { readonly login: string; readonly callback: string; readonly logout: string }
}

/** Checks the options and fills in the defaults (R61). Throws `INVALID_OPTIONS` and `CLEVER_CREDENTIALS_MISSING`. */
export function readSettings(options: CleverSsoOptions): SsoSettings {
  if (!options.clientId || !options.clientSecret) throw new HomeroomError("CLEVER_CREDENTIALS_MISSING")
  const redirectUri = readRedirectUri(options.redirectUri, options.allowInsecureLocalhost === true)
  const base = redirectUri.pathname.replace(/[^/]*$/, "")
  const paths = { login: `${base}login`, callback: redirectUri.pathname, logout: `${base}logout` }
  const authUrl = readHost("authUrl", options.authUrl ?? "https://clever.com")
  const clock = options.clock ?? Date.now
  const { districtId = null, allowedDistricts, session = {} } = options
  for (const id of [districtId, ...(allowedDistricts ?? [])]) {
    if (id !== null && !isUserId(id)) throw invalid("districtId", "must be a Clever district id")
  }
  if (districtId !== null && allowedDistricts !== undefined && !allowedDistricts.includes(districtId)) {
    throw invalid("districtId", "must be one of allowedDistricts, or nobody could log in")
  }
  return {
    clientId: options.clientId,
    redirectUri,
    issuer: authUrl.href.replace(/\/+$/, ""),
    oidc: oneOf("oidc", options.oidc ?? "auto", ["auto", "required", "off"]),
    timeoutMs: readDuration("timeoutMs", options.timeoutMs ?? 10_000),
    secrets: readSecrets(options.cookieSecret),
    secure: redirectUri.protocol === "https:",
    store: options.store ?? new MemoryLoginStore({ clock }),
    portal: oneOf("portal", options.portal ?? "bounce", ["bounce", "reject"]),
    portalConfirmation: oneOf("portalConfirmation", options.portalConfirmation ?? "never", [
      "never",
      "cross-site",
    ]),
    confirmStudents: options.confirmStudents ?? false,
    districtId,
    allowedDistricts: allowedDistricts === undefined ? null : new Set(allowedDistricts),
    library: options.library ?? true,
    email: options.email ?? false,
    homePath: readHomePath(options.homePath ?? "/", Object.values(paths)),
    allowedReturnOrigins: (options.allowedReturnOrigins ?? []).map((origin) =>
      readOrigin("allowedReturnOrigins", origin),
    ),
    frameAncestors: (options.frameAncestors ?? []).map((origin) => readOrigin("frameAncestors", origin)),
    idleMs: readDuration("session.idleMs", session.idleMs ?? 30 * 60_000),
    absoluteMs: readDuration("session.absoluteMs", session.absoluteMs ?? 8 * 3_600_000),
    displayName: session.displayName ?? false,
    messages: { ...englishMessages, ...options.messages },
    onAudit: options.onAudit,
    rateLimit: options.rateLimit,
    authUrl,
    apiUrl: readHost("apiUrl", options.apiUrl ?? "https://api.clever.com"),
    apiVersion: oneOf("apiVersion", options.apiVersion ?? "v3.1", ["v3.0", "v3.1"]),
    clock,
    paths,
  }
}

/** The redirect URI as it is sent to Clever. Throws `INVALID_OPTIONS`. */
export function readRedirectUri(text: string, allowInsecureLocalhost: boolean): URL {
  const url = readUrl("redirectUri", text)
  if (text.includes("*")) throw invalid("redirectUri", "must be one address, without a wildcard")
  if (text.includes("#") || text.includes("?")) {
    throw invalid("redirectUri", "must have neither a query nor a fragment")
  }
  const last = url.pathname.split("/").at(-1)
  if (last === "" || last === "login" || last === "logout") {
    throw invalid("redirectUri", "must end in a name of its own, as in /auth/clever/callback")
  }
  if (url.href !== text) throw invalid("redirectUri", `must be written as browsers write it: ${url.href}`)
  if (url.protocol === "http:" && !allowInsecureLocalhost) {
    throw invalid(
      "redirectUri",
      "is a plain-http address: for development on this machine set allowInsecureLocalhost, else use https",
    )
  }
  return url
}

function readSecrets(given: string | readonly string[]): readonly string[] {
  const secrets = typeof given === "string" ? [given] : given
  const areLong =
    Array.isArray(secrets) &&
    secrets.length > 0 &&
    secrets.every((secret) => typeof secret === "string" && Buffer.byteLength(secret) >= 32)
  if (areLong) return secrets
  throw invalid("cookieSecret", "must be at least 32 bytes of randomness, as from: openssl rand -base64 32")
}

function readHomePath(path: string, ownPaths: readonly string[]): string {
  const targets = new ReturnTargets({
    origin: "http://home.invalid",
    homePath: "",
    ownPaths,
    allowedOrigins: [],
  })
  const home = path.startsWith("/") ? targets.read(path) : ""
  if (home === "") throw invalid("homePath", "must be a path such as /, and none of the login's own")
  return home
}

function readOrigin(name: string, text: string): string {
  const url = readUrl(name, text)
  if (url.pathname === "/" && url.search === "" && url.hash === "" && !text.includes("*")) return url.origin
  throw invalid(name, "must hold origins such as https://app.example, without a path")
}

/** The address of a host of Clever's. Throws `INVALID_OPTIONS`. */
export function readHost(name: string, text: string): URL {
  const url = readUrl(name, text)
  if (url.search !== "" || url.hash !== "") throw invalid(name, "must be without a query and a fragment")
  url.pathname = url.pathname.replace(/\/+$/, "")
  return url
}

/** An https address, or one on this machine. */
function readUrl(name: string, text: string): URL {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined
  const isLoopback = /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(url?.hostname ?? "")
  if (url === undefined || (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback))) {
    throw invalid(name, "must be an https address; plain http is for loopback addresses only")
  }
  if (url.username !== "" || url.password !== "") throw invalid(name, "must hold no user name and password")
  return url
}

function readDuration(name: string, ms: number): number {
  if (Number.isInteger(ms) && ms >= 1_000 && ms <= 30 * 86_400_000) return ms
  throw invalid(name, "must be milliseconds, from a second to 30 days")
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  throw invalid(name, `must be one of ${allowed.join(", ")}`)
}

function invalid(option: string, problem: string): HomeroomError {
  return new HomeroomError("INVALID_OPTIONS", {
    message: `The option ${option} ${problem}.`,
    details: { option },
  })
}

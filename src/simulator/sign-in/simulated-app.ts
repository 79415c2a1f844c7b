import { randomBytes } from "node:crypto"
import { isIPv4 } from "node:net"
import { HomeroomError } from "../../errors/index.ts"
import { type Role, roles } from "../../models/kinds.ts"
import { appScopes, libraryScopes } from "./scopes.ts"

/**
 * The body of `/me`: as documented; with the role as type and the name (the quickstart's); or id, district and
 * role alone (recorded).
 */
export type MeShape = "documented" | "role-as-type" | "bare"

/** An app as its developer set it up in Clever's dashboard, with what Clever Support can switch on for it. */
export interface AppOptions {
  /** Default: drawn from the seed. */
  clientId?: string | undefined
  /** Default: drawn from the seed. */
  clientSecret?: string | undefined
  /** What the Portal and the login pages call it. Default `Simulated App`. */
  name?: string | undefined
  /** Exact addresses; the first is the primary one. Default: every address of this machine, the first seen is primary. */
  redirectUris?: readonly string[] | undefined
  /** Whether logins bring an `id_token`; Library logins never do. Default false. */
  oidc?: boolean | undefined
  /** Whether discovery advertises S256 and a code with a challenge needs its verifier. Default false, as at Clever. */
  pkce?: boolean | undefined
  /** Whether teachers can install it from the Clever Library. Default false. */
  library?: boolean | undefined
  /** The districts that use it. Default `all`, and none for a Library app. */
  districts?: "all" | readonly string[] | undefined
  /** The Supported User Types. Default: all. */
  userTypes?: readonly Role[] | undefined
  /** What the e-mail claim is said to be. Default false, as at Clever until Support switches it on. */
  emailVerified?: boolean | undefined
  /** Whether Instant Login links work. Default true; never for Library apps without districts. */
  instantLogin?: boolean | undefined
  /** Whether callbacks say `loginas_by_admin=true` when a district admin logs in as somebody. Default false. */
  loginAsByAdmin?: boolean | undefined
  /** The `token_type` of token answers. Default `absent`: there is none, as in Clever's documentation. */
  tokenType?: string | undefined
  /** Default `documented`. */
  meShape?: MeShape | undefined
  /** Other spellings of `user_type`, as `{ staff: "school_admin" }`. Default: none. */
  userTypeNames?: Partial<Record<Role, string>> | undefined
  /** Whether browsers are made to call back twice, once in a frame. Default false. */
  duplicateCallbacks?: boolean | undefined
  /** Default: those of an app with SSO and rostering, or of a Library app. */
  scopes?: readonly string[] | undefined
}

/** An app at the simulated Clever. What can be set, can be changed at any time. */
export class SimulatedApp {
  readonly clientId: string
  clientSecret: string
  name: string
  redirectUris: readonly string[]
  oidc: boolean
  pkce: boolean
  library: boolean
  districts: "all" | readonly string[]
  userTypes: readonly Role[]
  emailVerified: boolean
  instantLogin: boolean
  loginAsByAdmin: boolean
  tokenType: string
  meShape: MeShape
  userTypeNames: Partial<Record<Role, string>>
  duplicateCallbacks: boolean
  scopes: readonly string[]
  /** People who may not use the app, though their district does. */
  readonly unsharedPeople: Set<string> = new Set()
  /** Teachers who installed it from the Library. */
  readonly installedBy: Set<string> = new Set()
  /** Districts that block it in the Library. */
  readonly blockedIn: Set<string> = new Set()
  #seenRedirectUri: string | undefined

  /** Throws `INVALID_OPTIONS` for a redirect URI that is no URL. */
  constructor(options: AppOptions = {}) {
    this.clientId = options.clientId ?? randomBytes(10).toString("hex")
    this.clientSecret = options.clientSecret ?? randomBytes(20).toString("hex")
    this.name = options.name ?? "Simulated App"
    this.redirectUris = options.redirectUris ?? []
    const wrong = this.redirectUris.findIndex((uri) => !URL.canParse(uri))
    if (wrong !== -1)
      throw new HomeroomError("INVALID_OPTIONS", { message: `redirectUris[${wrong}] is not a URL.` })
    this.oidc = options.oidc ?? false
    this.pkce = options.pkce ?? false
    this.library = options.library ?? false
    this.districts = options.districts ?? (this.library ? [] : "all")
    this.userTypes = options.userTypes ?? roles
    this.emailVerified = options.emailVerified ?? false
    this.instantLogin = options.instantLogin ?? true
    this.loginAsByAdmin = options.loginAsByAdmin ?? false
    this.tokenType = options.tokenType ?? "absent"
    this.meShape = options.meShape ?? "documented"
    this.userTypeNames = options.userTypeNames ?? {}
    this.duplicateCallbacks = options.duplicateCallbacks ?? false
    this.scopes = options.scopes ?? (this.library && this.districts.length === 0 ? libraryScopes : appScopes)
  }

  /** Where Clever-initiated logins go; undefined until an app without configured addresses has shown one. */
  get primaryRedirectUri(): string | undefined {
    return this.redirectUris[0] ?? this.#seenRedirectUri
  }

  /** True for a redirect URI to which codes may go: exactly a configured one, or any of this machine if none is. */
  accepts(redirectUri: string): boolean {
    return this.redirectUris.length > 0 ? this.redirectUris.includes(redirectUri) : isLoopback(redirectUri)
  }

  /** Remembers the address of an app that has none configured: the first becomes the primary one. */
  saw(redirectUri: string): void {
    this.#seenRedirectUri ??= redirectUri
  }

  /** True where the district uses the app. */
  isUsedBy(districtId: string): boolean {
    return this.districts === "all" || this.districts.includes(districtId)
  }
}

function isLoopback(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, hash, username, password } = new URL(text)
  if ((protocol !== "http:" && protocol !== "https:") || hash + username + password !== "") return false
  if (isIPv4(hostname)) return hostname.startsWith("127.")
  return hostname === "[::1]" || hostname === "localhost" || hostname.endsWith(".localhost")
}

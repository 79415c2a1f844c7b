import { setTimeout } from "node:timers/promises"
import { isUserId } from "../clever/users.ts"
import { HomeroomError } from "../errors/index.ts"
import { type Audit, auditor } from "./audit.ts"
import { CookieJar } from "./cookie-jar.ts"
import { Keyring } from "./keyring.ts"
import { emptyAnswer, type LoginAnswer, redirectAnswer, toResponse, withCookies } from "./login-answer.ts"
import { type FlowContext, LoginFlow, type StartOptions } from "./login-flow.ts"
import type { LoginHooks } from "./login-hooks.ts"
import { addressOf, headerOf, isPrefetch, type LoginRequest } from "./login-request.ts"
import { districtSubject, userSubject } from "./login-store.ts"
import { LoginPages, ownError } from "./pages/login-pages.ts"
import { PortalBounces } from "./portal-bounces.ts"
import type { ProviderOptions } from "./provider/provider.ts"
import { ReturnTargets } from "./return-to.ts"
import { SealedSessions } from "./sealed-session.ts"
import type { LoginSession, SessionKeeper } from "./session.ts"
import { Sessions } from "./sessions.ts"
import { type CleverSsoOptions, readSettings, type SsoSettings } from "./settings.ts"
import { Transactions } from "./transactions.ts"

/** The three addresses that sign-in answers. */
export type LoginRoute = "login" | "callback" | "logout"

const loginRoutes: readonly LoginRoute[] = ["login", "callback", "logout"]

/** What a door passes on to {@link CleverSsoClient.handle}. */
export interface HandleOptions<Native> extends LoginHooks<Native> {
  /** The framework's request and response, handed on to the hooks and the session keeper. */
  readonly native: Native
}

export interface HandleResult {
  readonly answer: LoginAnswer
  /** What a hook of the app threw and Homeroom does not know: for the framework's error handler. */
  readonly thrown?: unknown
}

/** Who is logged in, and the cookies that keep it so. */
export interface SessionReading {
  readonly session: LoginSession | undefined
  /** Values for `Set-Cookie`, to be sent with whatever is answered; usually none. */
  readonly setCookies: readonly string[]
}

/**
 * Logs people in with Clever, whichever web framework the app uses: it takes what a request carries and answers
 * with what to send.
 *
 * Logins may start in the app or at Clever; a code that comes without our own state is never used. Whoever logs in
 * replaces whoever was logged in on that browser. Nothing is sent to Clever before a login.
 */
export class CleverSsoClient {
  readonly #settings: SsoSettings
  readonly #audit: Audit
  readonly #provider: ProviderOptions
  readonly #bounces: PortalBounces
  readonly #pages: LoginPages
  readonly #transactions: Transactions
  readonly #sealed: SealedSessions
  #opened: Promise<void> | undefined
  #loaded: Promise<LoginFlow> | undefined

  /** Throws `INVALID_OPTIONS` and `CLEVER_CREDENTIALS_MISSING`. */
  constructor(options: CleverSsoOptions) {
    const settings = readSettings(options)
    const { secrets, secure, clock, redirectUri } = settings
    const keyring = new Keyring({ secrets, host: redirectUri.host })
    this.#settings = settings
    this.#audit = auditor(settings)
    this.#pages = new LoginPages(settings)
    this.#sealed = new SealedSessions({ keyring, secure })
    this.#transactions = new Transactions({ keyring, secure, clock })
    this.#bounces = new PortalBounces({ keyring, secure, clock })
    this.#provider = {
      clientId: settings.clientId,
      clientSecret: options.clientSecret,
      authUrl: settings.authUrl,
      apiUrl: settings.apiUrl,
      apiVersion: settings.apiVersion,
      oidc: settings.oidc,
      acceptMissingTokenType: options.acceptMissingTokenType ?? true,
      timeoutMs: settings.timeoutMs,
      maxBodyBytes: 1024 * 1024,
      fetch: options.fetch,
      clock,
      sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
      random: Math.random,
    }
  }

  /** The paths of the routes: `…/login`, the redirect URI's, `…/logout`. */
  get paths(): Readonly<Record<LoginRoute, string>> {
    return this.#settings.paths
  }

  /** The first half of every account's key: `https://clever.com`. */
  get issuer(): string {
    return this.#settings.issuer
  }

  /**
   * Which route a path is. Below `mountPath`, where the app has put nothing but sign-in, its last part is enough:
   * proxies may have taken off what is before it.
   */
  routeOf(path: string, mountPath = ""): LoginRoute | undefined {
    const { paths } = this.#settings
    const folder = paths.login.slice(0, paths.login.lastIndexOf("/"))
    // Above the routes' own folder the same name may be a page of the app's own.
    const isMount = mountPath !== "" && !folder.startsWith(`${mountPath}/`)
    return loginRoutes.find((route) => {
      const full = paths[route]
      return `${mountPath}${path}` === full || (isMount && path === full.slice(full.lastIndexOf("/")))
    })
  }

  /**
   * Answers a request to one of the routes. Never rejects for a login that fails, whatever its code: the answer is then
   * its error page. What is thrown by a hook and is no `HomeroomError` comes beside a page for `INTERNAL`, as `thrown`.
   */
  async handle<Native>(
    route: LoginRoute,
    request: LoginRequest,
    options: HandleOptions<Native>,
  ): Promise<HandleResult> {
    return this.#answer(route, request, options, async (context) => {
      if (route === "logout") return this.#logOut(context)
      const method = request.method?.toUpperCase() ?? "GET"
      if (isOnlyLooking(request)) return emptyAnswer(204)
      if (method !== "GET") return emptyAnswer(405, [["allow", "GET, HEAD"]])
      const flow = await this.#flow()
      return route === "login" ? flow.open(context) : flow.finish(context)
    })
  }

  /**
   * Starts a login from the app's own route, with more to say about it than a link can. Never rejects for a login that
   * fails, as {@link handle}; what a hook throws is thrown.
   */
  async start<Native = undefined>(
    request: LoginRequest,
    options: StartOptions & Partial<HandleOptions<Native>> = {},
  ): Promise<LoginAnswer> {
    const handled = { ...options, native: options.native as Native }
    const { answer, thrown } = await this.#answer("login", request, handled, async (context) =>
      isOnlyLooking(request) ? emptyAnswer(204) : (await this.#flow()).start(context, options),
    )
    if (thrown !== undefined) throw thrown
    return answer
  }

  /**
   * For frameworks that speak the web's `Request` and `Response` (Next.js, Hono, SvelteKit): answers the request if
   * it is for one of the routes, else gives undefined. Never rejects for a login that fails, as {@link handle}; what a
   * hook throws is thrown.
   */
  async fetch(request: Request, hooks: LoginHooks<Request> = {}): Promise<Response | undefined> {
    const { pathname } = addressOf(request)
    const route = this.routeOf(pathname)
    if (route === undefined) return undefined
    const { answer, thrown } = await this.handle(route, request, { ...hooks, native: request })
    if (thrown !== undefined) throw thrown
    return toResponse(answer)
  }

  /** Who is logged in on this browser. Rejects with what the store rejects with. */
  async readSession<Native = unknown>(
    request: LoginRequest,
    options: { readonly sessions?: SessionKeeper | undefined; readonly native?: Native | undefined } = {},
  ): Promise<SessionReading> {
    await this.#open()
    const context = this.#context(request, { ...options, native: options.native as Native })
    const session = await context.sessions.read(context)
    if (session !== undefined) await context.sessions.touch(context, session)
    return { session, setCookies: context.jar.lines }
  }

  /** Ends every session of a person, on all their devices. Throws `INVALID_OPTIONS` for what is no id. */
  async revokeUserSessions(cleverId: string): Promise<void> {
    checkId("cleverId", cleverId)
    await this.#revoke(userSubject({ issuer: this.issuer, cleverId }))
    this.#audit({ type: "sessions-revoked", cleverId })
  }

  /** Ends every session of a district's people. Throws `INVALID_OPTIONS` for what is no id. */
  async revokeDistrictSessions(districtId: string): Promise<void> {
    checkId("districtId", districtId)
    await this.#revoke(districtSubject(districtId))
    this.#audit({ type: "sessions-revoked", districtId })
  }

  async #revoke(subject: string): Promise<void> {
    await this.#open()
    const { store, clock, absoluteMs } = this.#settings
    await store.raiseSessionEpoch(subject, clock() + absoluteMs)
  }

  async #answer<Native>(
    route: LoginRoute,
    request: LoginRequest,
    options: HandleOptions<Native>,
    work: (context: FlowContext<Native>) => Promise<LoginAnswer>,
  ): Promise<HandleResult> {
    const context = this.#context(request, options)
    let answer: LoginAnswer
    let thrown: unknown
    try {
      await this.#open()
      answer = await work(context)
    } catch (error) {
      const own = ownError(error)
      if (own === undefined) thrown = error
      const shown = own ?? new HomeroomError("INTERNAL")
      const type = route === "logout" ? "logout-refused" : "login-failed"
      this.#audit({ type, loginSource: context.seen.source, code: shown.code })
      answer = this.#pages.failure(request, shown)
    }
    const complete = withCookies(answer, context.jar.lines)
    return thrown === undefined ? { answer: complete } : { answer: complete, thrown }
  }

  async #logOut<Native>(context: FlowContext<Native>): Promise<LoginAnswer> {
    const { request, jar, hooks, native, sessions } = context
    if (request.method?.toUpperCase() !== "POST" || !this.#isOwnPage(request)) {
      throw new HomeroomError("LOGOUT_REFUSED")
    }
    this.#transactions.dropAll(request, jar)
    let session: LoginSession | undefined
    try {
      session = await sessions.read(context)
      await hooks.onLogout?.({ session, native })
    } finally {
      // Whoever presses the button leaves a device that others use: what the app makes of it can't keep them in.
      await sessions.end(context)
    }
    const { cleverId, districtId } = session ?? {}
    this.#audit({ type: "logged-out", cleverId, districtId: districtId ?? undefined })
    return redirectAnswer(this.#settings.homePath)
  }

  /**
   * Whether a POST comes from the app's own pages, by what the browser says of it. A request that says nothing is
   * no browser's: those all send `Origin` with a POST, and no cookie of ours with one from another site.
   */
  #isOwnPage(request: LoginRequest): boolean {
    const site = headerOf(request, "sec-fetch-site")
    if (site !== undefined) return site === "same-origin" || site === "none"
    const origin = headerOf(request, "origin")
    return origin === undefined || origin === this.#settings.redirectUri.origin
  }

  #context<Native>(request: LoginRequest, options: HandleOptions<Native>): FlowContext<Native> {
    return {
      request,
      jar: new CookieJar(this.#settings),
      native: options.native,
      hooks: options,
      sessions: new Sessions(this.#settings, options.sessions ?? this.#sealed),
      seen: {},
    }
  }

  /** Loaded with the first login, not with the app: openid-client is half of what that would take (P14). */
  #flow(): Promise<LoginFlow> {
    const { redirectUri, homePath, paths, allowedReturnOrigins } = this.#settings
    this.#loaded ??= import("./provider/provider.ts").then(
      ({ Provider }) =>
        new LoginFlow({
          settings: this.#settings,
          audit: this.#audit,
          transactions: this.#transactions,
          pages: this.#pages,
          bounces: this.#bounces,
          returnTargets: new ReturnTargets({
            origin: redirectUri.origin,
            homePath,
            ownPaths: Object.values(paths),
            allowedOrigins: allowedReturnOrigins,
          }),
          provider: new Provider(this.#provider),
        }),
    )
    return this.#loaded
  }

  #open(): Promise<void> {
    this.#opened ??= Promise.resolve(this.#settings.store.open?.()).catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }
}

/** Neither opens a page: a login begins and ends only when somebody goes there (R28, R29). */
function isOnlyLooking(request: LoginRequest): boolean {
  return request.method?.toUpperCase() === "HEAD" || isPrefetch(request)
}

function checkId(name: string, id: string): void {
  if (isUserId(id)) return
  throw new HomeroomError("INVALID_OPTIONS", {
    message: `The ${name} is no id of Clever's.`,
    details: { name },
  })
}

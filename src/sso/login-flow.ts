import { HomeroomError } from "../errors/index.ts"
import type { Audit } from "./audit.ts"
import { type CallbackParameters, codeOfCleverError, readCallbackParameters } from "./callback-parameters.ts"
import type { CookieJar } from "./cookie-jar.ts"
import { admit, districtToAsk } from "./district-admission.ts"
import type { LoginSource } from "./identity.ts"
import { type LoginAnswer, redirectAnswer } from "./login-answer.ts"
import type { Login, LoginHooks } from "./login-hooks.ts"
import { addressOf, isCrossSite, isNavigation } from "./login-request.ts"
import type { LoginPages } from "./pages/login-pages.ts"
import type { PortalBounces } from "./portal-bounces.ts"
import type { Provider } from "./provider/provider.ts"
import type { ReturnTargets } from "./return-to.ts"
import type { SessionContext } from "./session.ts"
import type { Sessions } from "./sessions.ts"
import type { SsoSettings } from "./settings.ts"
import { type LoginTransaction, randomToken, stateHash, type Transactions } from "./transactions.ts"

/** What may be asked of one login. */
export interface StartOptions {
  /** Where to go afterwards; checked, and replaced by the home path if it is no good. Default: from the query. */
  readonly returnTo?: string | undefined
  /** The district of the person; Clever then skips its school picker. Default: the client's `districtId`. */
  readonly districtId?: string | undefined
  /**
   * Clever comes back with an error, instead of showing its own page, when the person may not use the app. Default
   * false.
   */
  readonly returnUnshared?: boolean | undefined
  /** The app's account to link: ends in `onLink` instead of a login. Default: none. */
  readonly linkAccountId?: string | undefined
}

/** What one flow works with, for one request. */
export interface FlowContext<Native> extends SessionContext {
  readonly jar: CookieJar
  readonly native: Native
  readonly hooks: LoginHooks<Native>
  readonly sessions: Sessions
  /** Who started this login, as soon as that is known: for the audit of what goes wrong. */
  readonly seen: { source?: LoginSource | undefined }
}

export interface LoginFlowOptions {
  readonly settings: SsoSettings
  readonly audit: Audit
  readonly provider: Provider
  readonly transactions: Transactions
  readonly bounces: PortalBounces
  readonly returnTargets: ReturnTargets
  readonly pages: LoginPages
}

/** Starts logins and ends them: the decision table of `docs/spec/login.md`. */
export class LoginFlow {
  readonly #options: LoginFlowOptions

  constructor(options: LoginFlowOptions) {
    this.#options = options
  }

  /** Sends the browser to Clever, from the app's own route. */
  async start<Native>(context: FlowContext<Native>, options: StartOptions): Promise<LoginAnswer> {
    await this.#allow("login", context)
    return this.#sendToClever(
      context,
      { ...options, returnTo: options.returnTo ?? returnToOf(context) },
      "app",
    )
  }

  /** Sends the browser to Clever, from the login route. */
  async open<Native>(context: FlowContext<Native>): Promise<LoginAnswer> {
    const { settings, pages, returnTargets } = this.#options
    const { request } = context
    await this.#allow("login", context)
    const returnTo = returnToOf(context)
    const origin = addressOf(request).searchParams.get("from") === "clever" ? "portal" : "app"
    // A link to this route on another site is no better than a forged callback.
    if (
      settings.portalConfirmation === "cross-site" &&
      isCrossSite(request) === true &&
      isNavigation(request)
    ) {
      return pages.confirmation({ returnTo: returnTargets.read(returnTo), origin })
    }
    return this.#sendToClever(context, { returnTo }, origin)
  }

  /** Takes what Clever sends back. The rows named here are those of the decision table. */
  async finish<Native>(context: FlowContext<Native>): Promise<LoginAnswer> {
    const { request } = context
    if (!isNavigation(request)) throw new HomeroomError("LOGIN_NOT_NAVIGATION")
    const parameters = readCallbackParameters(addressOf(request).searchParams)
    await this.#allow("callback", context)
    if (parameters.state !== null) return this.#finishOwn(context, parameters, parameters.state)
    if (parameters.error !== null) {
      // Anybody can make a browser come here: nothing changes, and nothing is told of what was sent.
      throw new HomeroomError(codeOfCleverError(parameters.error))
    }
    if (parameters.code !== null) return this.#takeOver(context)
    return redirectAnswer(this.#options.settings.paths.login)
  }

  /** A callback with a state: of a login that this browser started, or of no login at all. */
  async #finishOwn<Native>(
    context: FlowContext<Native>,
    parameters: CallbackParameters,
    state: string,
  ): Promise<LoginAnswer> {
    const { transactions } = this.#options
    const { request, jar } = context
    const transaction = transactions.find(request, state)
    if (transaction === undefined || !(await this.#consume(transaction)))
      return this.#repeated(context, state)
    // Whatever comes of it, this login is spent.
    transactions.drop(state, jar)
    context.seen.source = sourceOf(transaction.origin)
    try {
      const answer = await this.#complete(context, parameters, transaction)
      this.#options.bounces.reset(request, jar)
      return answer
    } catch (error) {
      // Somebody at this browser came from Clever and is not logged in: whoever was before must not stay (R31).
      if (transaction.origin === "portal") await context.sessions.end(context)
      throw error
    }
  }

  async #complete<Native>(
    context: FlowContext<Native>,
    parameters: CallbackParameters,
    transaction: LoginTransaction,
  ): Promise<LoginAnswer> {
    const { settings, provider, returnTargets } = this.#options
    const { code, error, iss, state } = parameters
    const isOurs =
      transaction.issuer === provider.issuer &&
      transaction.clientId === settings.clientId &&
      transaction.redirectUri === settings.redirectUri.href
    if (!isOurs) throw new HomeroomError("LOGIN_STATE_UNKNOWN")
    if (error !== null) throw new HomeroomError(codeOfCleverError(error))
    if (code === null) throw new HomeroomError("LOGIN_REQUEST_INVALID", { details: { parameter: "code" } })

    const { redirectUri, nonce, codeVerifier } = transaction
    const redeemed = await provider.redeem({ code, redirectUri, nonce, codeVerifier, callbackIss: iss })
    const { identity } = await provider.identify({
      redeemed,
      loginSource: sourceOf(transaction.origin),
      email: settings.email,
    })

    const { request, native, hooks, sessions } = context
    const previous = await sessions.read(context)
    const returnTo = returnTargets.read(transaction.returnTo)
    const login: Login<Native> = { identity, returnTo, previous, request, native }
    if (transaction.linkAccountId !== null) {
      admit(settings, identity, transaction)
      return this.#link(context, login, transaction.linkAccountId)
    }

    const isOther = previous !== undefined && !isSamePerson(previous, identity)
    let accountId: string | null
    try {
      admit(settings, identity, transaction)
      accountId = (await hooks.resolve?.(login))?.accountId ?? null
    } catch (error) {
      // The person at this browser is proven to be another one than the session's.
      if (isOther) await sessions.end(context)
      throw error
    }
    const loginStateHash = stateHash(state as string)
    const session = await sessions.replace(context, { identity, accountId, loginStateHash })
    try {
      await hooks.onLogin?.({ ...login, session })
    } catch (error) {
      await sessions.end(context)
      throw error
    }
    const { cleverId, districtId } = identity
    this.#options.audit({
      type: "login-succeeded",
      loginSource: identity.loginSource,
      cleverId,
      districtId: districtId ?? undefined,
    })
    return redirectAnswer(returnTo)
  }

  async #link<Native>(
    context: FlowContext<Native>,
    login: Login<Native>,
    accountId: string,
  ): Promise<LoginAnswer> {
    const { onLink } = context.hooks
    if (onLink === undefined) {
      throw new HomeroomError("INVALID_OPTIONS", { message: "Linking an account needs the hook onLink." })
    }
    const { issuer, cleverId, districtId, loginSource } = login.identity
    const at = new Date(this.#options.settings.clock()).toISOString()
    await onLink({ ...login, proof: { kind: "clever-login", accountId, issuer, cleverId, at } })
    this.#options.audit({
      type: "account-linked",
      loginSource,
      cleverId,
      districtId: districtId ?? undefined,
    })
    return redirectAnswer(login.returnTo)
  }

  /**
   * A state that no live login of this browser has: forged, expired, or done already. Never exchanged. The page
   * that made the present session may be opened again and leads home; nothing else may (R30).
   */
  async #repeated<Native>(context: FlowContext<Native>, state: string): Promise<LoginAnswer> {
    const session = await context.sessions.read(context)
    if (session?.loginStateHash === stateHash(state))
      return redirectAnswer(this.#options.returnTargets.homePath)
    throw new HomeroomError("LOGIN_STATE_UNKNOWN")
  }

  /**
   * A login that Clever started. Its code may be anybody's, so it goes nowhere: the browser is sent to fetch its
   * own (R4).
   */
  async #takeOver<Native>(context: FlowContext<Native>): Promise<LoginAnswer> {
    const { settings, bounces, pages, returnTargets } = this.#options
    const { request, jar } = context
    context.seen.source = "clever"
    if (settings.portal === "reject") throw new HomeroomError("LOGIN_STATE_MISSING")
    // A browser that says nothing is asked about too: logins from Clever do come from another site.
    if (settings.portalConfirmation === "cross-site" && isCrossSite(request) !== false) {
      return pages.confirmation({ returnTo: returnTargets.homePath, origin: "portal" })
    }
    bounces.count(request, jar)
    return this.#sendToClever(context, {}, "portal")
  }

  async #sendToClever<Native>(
    context: FlowContext<Native>,
    options: StartOptions,
    origin: "app" | "portal",
  ): Promise<LoginAnswer> {
    const { settings, provider, transactions, returnTargets } = this.#options
    const { request, jar } = context
    context.seen.source = sourceOf(origin)
    if (!isNavigation(request)) throw new HomeroomError("LOGIN_NOT_NAVIGATION")
    const districtId = districtToAsk(settings, options.districtId)
    const { usesPkce } = await provider.traits()
    const transaction = transactions.begin(request, jar, {
      // Also while the provider's configuration can't be read: an id_token may come all the same.
      nonce: settings.oidc === "off" ? null : randomToken(),
      codeVerifier: usesPkce ? randomToken() : null,
      redirectUri: settings.redirectUri.href,
      clientId: settings.clientId,
      issuer: provider.issuer,
      returnTo: returnTargets.read(options.returnTo),
      districtId,
      origin,
      linkAccountId: options.linkAccountId ?? null,
    })
    const { state, nonce, codeVerifier, redirectUri } = transaction
    const address = await provider.authorizationUrl({
      state,
      nonce,
      codeVerifier,
      redirectUri,
      districtId: districtId ?? undefined,
      confirmed: settings.confirmStudents ? false : undefined,
      returnUnshared: options.returnUnshared === true ? true : undefined,
    })
    this.#options.audit({ type: "login-started", loginSource: sourceOf(origin) })
    return redirectAnswer(address.href)
  }

  /** Spends a state, once over all processes: a copied cookie can't be taken back (R3). */
  #consume({ state, exp }: LoginTransaction): Promise<boolean> {
    const { store } = this.#options.settings
    return store.consumeOnce(`login:${stateHash(state)}`, exp * 1000)
  }

  async #allow<Native>(route: "login" | "callback", { request, native }: FlowContext<Native>): Promise<void> {
    const { rateLimit } = this.#options.settings
    if (rateLimit !== undefined && !(await rateLimit({ route, request, native }))) {
      throw new HomeroomError("LOGIN_RATE_LIMITED")
    }
  }
}

function sourceOf(origin: LoginTransaction["origin"]): LoginSource {
  return origin === "portal" ? "clever" : "app"
}

/** What the address asks for, unless it asks twice. */
function returnToOf({ request }: SessionContext): string | undefined {
  const [asked, ...more] = addressOf(request).searchParams.getAll("return_to")
  return more.length === 0 ? asked : undefined
}

function isSamePerson(
  one: { readonly issuer: string; readonly cleverId: string },
  other: { readonly issuer: string; readonly cleverId: string },
): boolean {
  return one.issuer === other.issuer && one.cleverId === other.cleverId
}

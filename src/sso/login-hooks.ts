import type { CleverIdentity } from "./identity.ts"
import type { LoginRequest } from "./login-request.ts"
import type { LoginSession, SessionKeeper } from "./session.ts"

/** Somebody whom Clever has just told us about, before anything has happened in the app. */
export interface Login<Native = unknown> {
  readonly identity: CleverIdentity
  /** Where the browser goes next: a path of the app, or an address of an allowed origin. */
  readonly returnTo: string
  /** The session that this login replaces, if there is one. */
  readonly previous: LoginSession | undefined
  readonly request: LoginRequest
  /** The framework's request and response. */
  readonly native: Native
}

/** What the app says about a login. */
export interface ResolvedLogin {
  /** The app's account, kept in the session. */
  readonly accountId?: string | null | undefined
}

/** What an app takes part in. All of it is optional. */
export interface LoginHooks<Native = unknown> {
  /**
   * Decides whether this person may log in, and as whom, while the old session still stands. Throw a
   * `HomeroomError` (`LOGIN_NOT_SYNCED` …) to refuse: its page is shown, and nobody is logged in.
   */
  readonly resolve?:
    | ((login: Login<Native>) => ResolvedLogin | undefined | Promise<ResolvedLogin | undefined>)
    | undefined
  /** After the new session has begun: the place to fill the app's own. If it throws, the session ends again. */
  readonly onLogin?:
    | ((login: Login<Native> & { readonly session: LoginSession }) => void | Promise<void>)
    | undefined
  /**
   * Instead of a login, when `start` was asked to link an account: nobody's session changes. Check that the account
   * is still the one that is logged in on this browser, then link.
   */
  readonly onLink?:
    | ((login: Login<Native> & { readonly proof: CleverLoginProof }) => void | Promise<void>)
    | undefined
  /** Before the session ends. */
  readonly onLogout?:
    | ((logout: {
        readonly session: LoginSession | undefined
        readonly native: Native
      }) => void | Promise<void>)
    | undefined
  /** Where sessions are kept. Default: a sealed cookie. */
  readonly sessions?: SessionKeeper | undefined
}

/** That whoever was logged in to this account of the app has just logged in at Clever, on the same browser. */
export interface CleverLoginProof {
  readonly kind: "clever-login"
  readonly accountId: string
  readonly issuer: string
  readonly cleverId: string
  /** ISO 8601 in UTC. */
  readonly at: string
}

import type { CleverLoginProof, Login, LoginHooks, ResolvedLogin } from "./login-hooks.ts"
import type { LoginSession, SessionKeeper } from "./session.ts"

/** A login beside the request and response of the framework whose door it came through. */
export type DoorLogin<Native> = Omit<Login, "request" | "native"> & Native

/** What an app takes part in, given the framework's own request and response. All of it is optional. */
export interface DoorHooks<Native> {
  /** Where sessions are kept: `expressSessions()`, `fastifySessions()`, or the app's own. Default: a sealed cookie. */
  readonly sessions?: SessionKeeper | undefined
  /** Decides whether and as whom a person may log in. Throw a `HomeroomError` to refuse. Default: everybody may. */
  readonly resolve?:
    | ((login: DoorLogin<Native>) => ResolvedLogin | undefined | Promise<ResolvedLogin | undefined>)
    | undefined
  /** After the new session has begun: the place to fill the app's own. If it throws, the session ends again. */
  readonly onLogin?:
    | ((login: DoorLogin<Native> & { readonly session: LoginSession }) => void | Promise<void>)
    | undefined
  /** Instead of a login, when `sso.start` was asked to link an account. */
  readonly onLink?:
    | ((login: DoorLogin<Native> & { readonly proof: CleverLoginProof }) => void | Promise<void>)
    | undefined
  /** Before the session ends. */
  readonly onLogout?:
    | ((logout: { readonly session: LoginSession | undefined } & Native) => void | Promise<void>)
    | undefined
}

/** The hooks of a door as `CleverSsoClient` calls them. */
export function hooksOfDoor<Native extends object>(hooks: DoorHooks<Native>): LoginHooks<Native> {
  const { resolve, onLogin, onLink, onLogout, sessions } = hooks
  const forDoor = <L extends Login<Native>>({
    native,
    request: _request,
    ...login
  }: L): Omit<L, "request" | "native"> & Native => ({ ...login, ...native })
  return {
    sessions,
    resolve: resolve && ((login) => resolve(forDoor(login))),
    onLogin: onLogin && ((login) => onLogin(forDoor(login))),
    onLink: onLink && ((login) => onLink(forDoor(login))),
    onLogout: onLogout && (({ session, native }) => onLogout({ session, ...native })),
  }
}

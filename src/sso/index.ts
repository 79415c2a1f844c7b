/** Signing in with Clever. The doors for Express and Fastify are entries of their own. */

export type { AuthorizedBy, PersonName } from "../clever/users.ts"
export type { LoginAuditEvent } from "./audit.ts"
export {
  CleverSsoClient,
  type HandleOptions,
  type HandleResult,
  type LoginRoute,
  type SessionReading,
} from "./clever-sso-client.ts"
export type { CookieJar } from "./cookie-jar.ts"
export { type DoorHooks, type DoorLogin, hooksOfDoor } from "./door-hooks.ts"
export type { CleverIdentity, IdentityRoles, LoginSource } from "./identity.ts"
export { type LoginAnswer, toResponse } from "./login-answer.ts"
export type { StartOptions } from "./login-flow.ts"
export type { CleverLoginProof, Login, LoginHooks, ResolvedLogin } from "./login-hooks.ts"
export type { LoginRequest, RequestHeaders } from "./login-request.ts"
export { districtSubject, type LoginStoreLike, userSubject } from "./login-store.ts"
export { englishMessages, type LoginMessage, type LoginMessages } from "./pages/messages.ts"
export type { LoginSession, SessionContext, SessionKeeper } from "./session.ts"
export { type CleverSsoOptions, type LoginAttempt, readRedirectUri, type SessionLimits } from "./settings.ts"

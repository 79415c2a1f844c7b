/**
 * Sign-in and the console for Express 4.21 and 5.
 *
 * @packageDocumentation
 */

export { cleverConsole, type ExpressConsole } from "./clever-console.ts"
export { type CleverLoginOptions, cleverLogin, type ExpressLogin } from "./clever-login.ts"
export { cleverSession } from "./clever-session.ts"
export { type ExpressSessionsOptions, expressSessions } from "./express-sessions.ts"
export type { ExpressVisit } from "./express-visit.ts"
export { sendLoginAnswer } from "./send.ts"

/**
 * Sign-in and the console for Express 4.21 and 5.
 *
 * @packageDocumentation
 */

export { cleverConsole, type ExpressConsole, type ExpressVisit } from "./clever-console.ts"
export { type CleverLoginOptions, cleverLogin, type ExpressLogin } from "./clever-login.ts"
export { cleverSession } from "./clever-session.ts"
export { type ExpressSessionsOptions, expressSessions } from "./express-sessions.ts"
export { sendLoginAnswer } from "./send.ts"

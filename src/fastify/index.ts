/**
 * Sign-in and the console for Fastify 5.
 *
 * @packageDocumentation
 */

export { cleverConsole, type FastifyConsole } from "./clever-console-plugin.ts"
export {
  type CleverLoginPluginOptions,
  default,
  type FastifyLogin,
  sendLoginAnswer,
} from "./clever-login-plugin.ts"
export { type FastifySessionsOptions, fastifySessions } from "./fastify-sessions.ts"
export type { FastifyVisit } from "./fastify-visit.ts"

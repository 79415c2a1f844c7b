/** Sign-in for Fastify 5. */

export {
  type CleverLoginPluginOptions,
  default,
  type FastifyLogin,
  sendLoginAnswer,
} from "./clever-login-plugin.ts"
export { type FastifySessionsOptions, fastifySessions } from "./fastify-sessions.ts"

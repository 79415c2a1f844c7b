import type { FastifyReply, FastifyRequest } from "fastify"

/** What the app's own functions are given of a request: Fastify's, with the app's session. */
export interface FastifyVisit {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

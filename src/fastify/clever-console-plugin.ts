import { Readable } from "node:stream"
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify"
import { toFetchRequest } from "../console/node/node-request.ts"
import { signalOf } from "../console/node/send-response.ts"
import { HomeroomError } from "../errors/index.ts"
import type { FastifyVisit } from "./fastify-visit.ts"

/** A console that `createConsole` has made. */
export interface FastifyConsole {
  readonly basePath: string
  fetch(request: Request, native: FastifyVisit): Promise<Response>
}

/**
 * The Data Exchange console as a plugin: `app.register(cleverConsole(console), { prefix: "/data-exchange" })`, with the
 * same path given to `createConsole` as `basePath`. Registering rejects with `INVALID_OPTIONS` where that is another one.
 */
export function cleverConsole(console: FastifyConsole): FastifyPluginAsync {
  const { basePath } = console
  return async (app) => {
    // A proxy may put something before the path, so that links need more than the app sees.
    if (!basePath.endsWith(app.prefix)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: `The console is registered at ${app.prefix || "/"}, but its basePath is ${basePath || "/"}.`,
        details: { option: "basePath" },
      })
    }
    // The console reads its forms itself.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser("*", (_request, _body, done) => done(null))
    const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const url = `${basePath}${request.url.slice(app.prefix.length)}`
      const asked = toFetchRequest({ request: request.raw, url, signal: signalOf(reply.raw) })
      if (asked === undefined) return reply.code(400).send()
      const { status, headers, body } = await console.fetch(asked, { request, reply })
      reply.code(status)
      for (const [name, value] of headers) reply.header(name, value)
      if (body === null) return reply.send()
      return reply.send(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]))
    }
    app.all("/", answer)
    app.all("/*", answer)
  }
}

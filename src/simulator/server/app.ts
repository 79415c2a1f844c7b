import type { HttpBindings } from "@hono/node-server"
import { Hono } from "hono"
import type { Fault, SimulatedRequest } from "../faults/fault-plan.ts"
import { signInRoutes } from "../sign-in/sign-in-routes.ts"
import { htmlAnswer, unknownAddress } from "./answers.ts"
import { districtOfRequest, type ServerContext } from "./context.ts"
import { dataRoutes } from "./data-routes.ts"
import { tokenRoutes } from "./token-routes.ts"

/** The whole simulated Clever as one app: route modules inside, faults and the request log around them. */
export function createApp(context: ServerContext): Hono<{ Bindings: HttpBindings }> {
  const clever = new Hono()
  clever.route("/", signInRoutes(context))
  clever.route("/", tokenRoutes(context))
  clever.route("/", dataRoutes(context))
  clever.notFound((c) => unknownAddress(c.req.method, c.req.path))
  clever.onError(() => htmlAnswer(500, "Internal Server Error"))

  const app = new Hono<{ Bindings: HttpBindings }>()
  app.all("*", async (c) => {
    const { raw } = c.req
    const url = new URL(raw.url)
    const path = `${url.pathname}${url.search}`
    const districtId = districtOfRequest(context, raw)
    const request: SimulatedRequest = { method: raw.method, path, url, headers: raw.headers, districtId }
    const { outgoing } = c.env
    const { closing } = context
    const faults = context.faults.take(request)
    // A fault may have the request answered more than once, and a body can be read only once.
    const body =
      faults.length > 0 && raw.method !== "GET" && raw.method !== "HEAD" ? await raw.arrayBuffer() : null
    const answered = async (at: URL): Promise<Response> =>
      clever.fetch(
        at === url && body === null
          ? raw
          : new Request(at, { method: raw.method, headers: raw.headers, body }),
      )
    const withFaults = faults.reduce<(at: URL) => Promise<Response>>(
      (inner: (at: URL) => Promise<Response>, fault: Fault) => async (at) =>
        fault({ request: { ...request, url: at }, next: (other) => inner(other ?? at), outgoing, closing }),
      answered,
    )
    const response = await withFaults(url)
    const status = outgoing.destroyed ? 0 : response.status
    context.requests.add({ method: raw.method, path, status, districtId })
    return response
  })
  return app
}

import { Hono } from "hono"
import { appOfRequest } from "../sign-in/client-credentials.ts"
import { jsonAnswer, unknownAddress } from "./answers.ts"
import type { ServerContext } from "./context.ts"

/** The list of district tokens, `GET /oauth/tokens?owner_type=district`, with HTTP Basic credentials. */
export function tokenRoutes(context: ServerContext): Hono {
  const app = new Hono()
  app.get("/oauth/tokens", (c) => {
    const owner = appOfRequest(context.signIn, c.req.header("authorization"))
    if (owner === undefined) {
      return jsonAnswer(401, { error: "unauthorized", message: "Invalid client credentials" })
    }
    const url = new URL(c.req.url)
    const ownerType = url.searchParams.get("owner_type")
    if (ownerType !== null && ownerType !== "district") {
      return jsonAnswer(400, { error: "invalid_request", message: "owner_type must be district" })
    }
    const wanted = url.searchParams.get("district")
    const data = context.districts.flatMap((district) => {
      if (district.token === undefined || !owner.isUsedBy(district.id)) return []
      if (wanted !== null && wanted !== district.id) return []
      return [
        {
          id: district.id.replace(/^.{8}/, "60000000"),
          created: district.connectedAt,
          owner: { type: "district", id: district.id },
          access_token: district.token,
          scopes: owner.scopes,
        },
      ]
    })
    return jsonAnswer(200, { data, links: [{ rel: "self", uri: `${url.pathname}${url.search}` }] })
  })
  app.all("/oauth/tokens", (c) => unknownAddress(c.req.method, c.req.path))
  return app
}

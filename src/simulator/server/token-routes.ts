import { Hono } from "hono"
import { jsonAnswer, unknownAddress } from "./answers.ts"
import type { ServerContext } from "./context.ts"

const scopes = [
  "read:sis",
  "read:districts",
  "read:schools",
  "read:sections",
  "read:students",
  "read:teachers",
  "read:staff",
  "read:district_admins",
  "read:school_admins",
  "read:student_contacts",
  "read:resources",
  "read:user_id",
]

/** The list of district tokens, `GET /oauth/tokens?owner_type=district`, with HTTP Basic credentials. */
export function tokenRoutes(context: ServerContext): Hono {
  const app = new Hono()
  app.get("/oauth/tokens", (c) => {
    const expected = Buffer.from(`${context.clientId}:${context.clientSecret}`).toString("base64")
    if (c.req.header("authorization") !== `Basic ${expected}`) {
      return jsonAnswer(401, { error: "unauthorized", message: "Invalid client credentials" })
    }
    const url = new URL(c.req.url)
    const ownerType = url.searchParams.get("owner_type")
    if (ownerType !== null && ownerType !== "district") {
      return jsonAnswer(400, { error: "invalid_request", message: "owner_type must be district" })
    }
    const wanted = url.searchParams.get("district")
    const data = context.districts.flatMap((district) => {
      if (district.token === undefined || (wanted !== null && wanted !== district.id)) return []
      return [
        {
          id: district.id.replace(/^.{8}/, "60000000"),
          created: district.connectedAt,
          owner: { type: "district", id: district.id },
          access_token: district.token,
          scopes,
        },
      ]
    })
    return jsonAnswer(200, { data, links: [{ rel: "self", uri: `${url.pathname}${url.search}` }] })
  })
  app.all("/oauth/tokens", (c) => unknownAddress(c.req.method, c.req.path))
  return app
}

import { Hono } from "hono"
import type { ApiVersion } from "../../models/kinds.ts"
import type { JsonObject } from "../json.ts"
import { jsonAnswer, textAnswer, unknownAddress, unknownRecord, unknownToken } from "../server/answers.ts"
import { bearerOf, districtOfToken, type ServerContext } from "../server/context.ts"
import { type Login, libraryUser, meBody, userinfoBody } from "./identity.ts"
import { findPerson } from "./person.ts"
import type { SignIn } from "./sign-in.ts"
import type { UserToken } from "./user-token-book.ts"

/** The identity endpoints without a version: `/me` as before version 3, `/userinfo`, `/oauth/tokeninfo`. */
export function identityRoutes(context: ServerContext): Hono {
  const { signIn } = context
  const app = new Hono()
  const identified = (request: Request, body: (login: Login) => JsonObject): Promise<Response> =>
    context.rateLimiter.limited(bearerOf(request), () => {
      const issued = signIn.tokens.find(bearerOf(request))
      if (issued !== undefined) {
        const login = loginOf(signIn, issued)
        return login === undefined ? unknownRecord() : jsonAnswer(200, body(login))
      }
      if (districtOfToken(context, request) === undefined) return unknownToken()
      return unknownAddress(request.method, new URL(request.url).pathname)
    })
  app.on(["GET", "POST"], "/userinfo", (c) => identified(c.req.raw, userinfoBody))
  app.get("/me", (c) => identified(c.req.raw, (login) => meBody(login, undefined)))
  app.get("/oauth/tokeninfo", (c) => {
    const user = signIn.tokens.find(bearerOf(c.req.raw))
    const isDistricts = districtOfToken(context, c.req.raw) !== undefined
    const owner = isDistricts ? signIn.apps[0] : signIn.findApp(user?.clientId)
    if (owner === undefined) return unknownToken()
    return jsonAnswer(200, { client_id: owner.clientId, scopes: [...owner.scopes].sort() })
  })
  return app
}

/** What a user token stands for; undefined while its user is gone. */
function loginOf(signIn: SignIn, issued: UserToken): Login | undefined {
  const app = signIn.findApp(issued.clientId)
  const person = findPerson(signIn.districts, issued.grant.personId)
  return app === undefined || person === undefined ? undefined : { app, person, grant: issued.grant }
}

/**
 * The Data API as a user token sees it: `/me`, the own user and the own district, and nothing else. Lists and
 * relations are unknown addresses for it; other people's records are not found.
 */
export function answerUser(context: ServerContext, issued: UserToken, url: URL): Response {
  const login = loginOf(context.signIn, issued)
  if (login === undefined) return unknownRecord()
  const { grant } = login
  const { district } = login.person
  const [, version = "", collection = "", id, ...rest] = url.pathname.split("/")
  const name = collection.toLowerCase()
  if (name === "me" && id === undefined && version.startsWith("v2."))
    return jsonAnswer(200, meBody(login, undefined))
  const served: ApiVersion | undefined = context.apiVersions.find((own) => own === version)
  if (served === undefined || rest.length > 0) return unknownAddress("GET", url.pathname)
  if (name === "me" && id === undefined) return jsonAnswer(200, meBody(login, served))
  if (id === undefined || (name !== "users" && name !== "districts"))
    return unknownAddress("GET", url.pathname)
  const links = [{ rel: "self", uri: `/${served}/${name}/${id}` }]
  if (name === "districts") {
    const text =
      grant.authorizedBy === "district" ? district.data.store("district").textFor(id, served) : undefined
    if (text === undefined) return unknownRecord()
    return textAnswer(200, `{"data":${district.present(text)},"links":${JSON.stringify(links)}}`)
  }
  if (id !== grant.personId || login.app.unsharedPeople.has(id)) return unknownRecord()
  if (grant.authorizedBy === "teacher")
    return jsonAnswer(200, { data: libraryUser(login, login.person.record), links })
  const text = district.data.store("user").textFor(id, served)
  if (text === undefined) return unknownRecord()
  return textAnswer(200, `{"data":${district.present(text)},"links":${JSON.stringify(links)}}`)
}

import { Hono } from "hono"
import { roles } from "../../models/kinds.ts"
import { parseObject } from "../json.ts"
import { kindOfCollection, rolesOf, type SimulatedKind } from "../kinds.ts"
import { answerUser } from "../sign-in/identity-routes.ts"
import { jsonAnswer, textAnswer, unknownAddress, unknownRecord, unknownToken } from "./answers.ts"
import { bearerOf, districtOfToken, type ServerContext } from "./context.ts"
import { type DataRequest, listAnswer } from "./data-request.ts"
import { answerEvents } from "./event-answers.ts"
import { cutPage, PageRefusal, pageLinks } from "./paging.ts"
import { linkedRelations, relations } from "./relations.ts"

/** The Data API and the Events API, under their versions. */
export function dataRoutes(context: ServerContext): Hono {
  const app = new Hono()
  app.all("/:version{v[0-9]+\\.[0-9]+}/*", (c) => {
    const request = c.req.raw
    return context.rateLimiter.limited(bearerOf(request), () => answerData(context, request))
  })
  return app
}

function answerData(context: ServerContext, request: Request): Response {
  const url = new URL(request.url)
  const user = context.signIn.tokens.find(bearerOf(request))
  if (user !== undefined) {
    return request.method === "GET"
      ? answerUser(context, user, url)
      : unknownAddress(request.method, url.pathname)
  }
  const district = districtOfToken(context, request)
  if (district === undefined) return unknownToken()
  const [, version, collection = "", ...rest] = url.pathname.split("/")
  const served = context.apiVersions.find((own) => own === version)
  if (served === undefined || request.method !== "GET") return unknownAddress(request.method, url.pathname)
  const { pathname: path, search, searchParams: query } = url
  const { maxPageSize } = context
  const parts = rest.filter((part) => part !== "")
  try {
    const asked = { district, version: served, path, search, query, maxPageSize }
    const answer =
      collection.toLowerCase() === "events"
        ? answerEvents(asked, parts)
        : answerRecords(asked, collection.toLowerCase(), parts)
    return answer ?? unknownAddress("GET", path)
  } catch (error) {
    if (error instanceof PageRefusal) return jsonAnswer(error.status, { message: error.message })
    throw error
  }
}

function answerRecords(
  request: DataRequest,
  collection: string,
  parts: readonly string[],
): Response | undefined {
  const kind = kindOfCollection(collection)
  const [id, relation, ...more] = parts
  if (kind === undefined || more.length > 0) return undefined
  if (id === undefined) return answerList(request, kind, idsOfList(request, kind))
  if (relation === undefined) return answerOne(request, kind, id)

  const find = relations[kind]?.[relation.toLowerCase()]
  if (find === undefined) return undefined
  const { data } = request.district
  const text = data.store(kind).get(id)
  if (text === undefined) return unknownRecord()
  const related = find(data, parseObject(text), request.query)
  if (related.shape === "list") return answerList(request, related.kind, related.ids)
  return related.id === undefined ? unknownRecord() : answerOne(request, related.kind, related.id)
}

function idsOfList({ district, query }: DataRequest, kind: SimulatedKind): readonly string[] {
  const store = district.data.store(kind)
  const role = query.get("role")
  if (kind !== "user" || role === null || role === "") return store.ids()
  if (!roles.some((known) => known === role)) throw new PageRefusal(400, `${role} is not a role.`)
  return store.idsWhere(`role:${role}`, (user) => rolesOf(user).some((own) => own === role), `"${role}"`)
}

function answerOne(request: DataRequest, kind: SimulatedKind, id: string): Response {
  const { district, version } = request
  const text = district.data.store(kind).textFor(id, version)
  if (text === undefined) return unknownRecord()
  const self = `/${version}/${kind}s/${id}`
  const links = [
    { rel: "self", uri: self },
    ...linkedRelations(kind, parseObject(text)).map((rel) => ({ rel, uri: `${self}/${rel}` })),
  ]
  return textAnswer(200, `{"data":${district.present(text)},"links":${JSON.stringify(links)}}`)
}

function answerList(request: DataRequest, kind: SimulatedKind, ids: readonly string[]): Response {
  const { district, version, path, search, query } = request
  // Recorded: an app without content gets a list of a shape of its own.
  if (kind === "resource" && district.count("resource") === 0) return jsonAnswer(200, { resources: [] })
  const page = cutPage(ids, query, request.maxPageSize)
  if (query.get("count") === "true" && kind !== "resource") {
    return jsonAnswer(200, { count: ids.length, links: [{ rel: "self", uri: `${path}${search}` }] })
  }
  const store = district.data.store(kind)
  const items = page.ids.map(
    (id) => [store.textFor(id, version) as string, `/${version}/${kind}s/${id}`] as const,
  )
  return listAnswer(district, items, JSON.stringify(pageLinks(path, search, query, page)))
}

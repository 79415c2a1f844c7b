import { type Context, Hono } from "hono"
import { roles } from "../../models/kinds.ts"
import { decideAccess } from "./access.ts"
import { launchFromClever } from "./authorize-routes.ts"
import { rememberedDistrict, sessionOf, startSession } from "./browser.ts"
import { errorPage } from "./pages/error-page.ts"
import { portalPage } from "./pages/portal-page.ts"
import { findPerson, searchPeople } from "./person.ts"
import type { SignIn } from "./sign-in.ts"

/** The Portal: the apps of whoever is logged in, other roles of theirs, and for district admins other people. */
export function portalRoutes(signIn: SignIn): Hono {
  const routes = new Hono()
  routes.get("/in/:district", (c) => {
    const wanted = c.req.param("district")
    const district = signIn.districts.find(
      (own) =>
        own.id === wanted || String(own.record("district", own.id)?.portal_url).endsWith(`/in/${wanted}`),
    )
    if (district === undefined)
      return errorPage(c, { reason: "unknown-district", status: 404, text: "There is no such Portal." })
    const isHere = sessionOf(signIn, c)?.session.districtId === district.id
    return c.redirect(isHere ? "/portal" : `/login/${district.id}`, 302)
  })
  routes.get("/portal", (c) => {
    const current = sessionOf(signIn, c)
    if (current === undefined) return toLogin(c, signIn)
    const { session, person } = current
    const { district } = person
    const apps = signIn.apps.filter(
      (app) => decideAccess({ app, person, role: session.role }).state === "granted",
    )
    const installable = signIn.apps.filter(
      (app) => decideAccess({ app, person, role: session.role }).state === "consent-needed",
    )
    const search = c.req.query("q") ?? ""
    const others =
      session.role === "district_admin" ? searchPeople(district, { search, limit: 25 }) : undefined
    const admin = session.byAdmin === undefined ? undefined : findPerson([district], session.byAdmin)
    return portalPage(c, { session, person, apps, installable, search, others, admin })
  })
  routes.get("/portal/apps/:app", (c) => {
    const app = signIn.findApp(c.req.param("app"))
    if (app === undefined)
      return errorPage(c, { reason: "unknown-client", status: 404, text: "There is no such app." })
    return launchFromClever(c, signIn, app)
  })
  routes.post("/portal/role", async (c) => {
    const current = sessionOf(signIn, c)
    if (current === undefined) return toLogin(c, signIn)
    const { role: wanted } = await c.req.parseBody()
    const role = roles.find((own) => own === wanted)
    if (role === undefined || !current.person.roles.includes(role))
      return errorPage(c, { reason: "role", text: "You have no such role." })
    startSession(signIn, c, { ...current.session, role })
    return c.redirect("/portal", 303)
  })
  routes.post("/portal/as", async (c) => {
    const current = sessionOf(signIn, c)
    if (current === undefined) return toLogin(c, signIn)
    const { person: wanted } = await c.req.parseBody()
    const { session, person: admin } = current
    const person = typeof wanted === "string" ? findPerson([admin.district], wanted) : undefined
    const [role] = person?.roles ?? []
    if (session.role !== "district_admin" || person === undefined || role === undefined)
      return errorPage(c, { reason: "not-an-admin", status: 403, text: "Only district admins can do that." })
    startSession(signIn, c, { districtId: admin.district.id, personId: person.id, role, byAdmin: admin.id })
    return c.redirect("/portal", 303)
  })
  return routes
}

function toLogin(c: Context, signIn: SignIn): Response {
  const districtId = rememberedDistrict(signIn, c)
  return c.redirect(districtId === undefined ? "/login" : `/login/${districtId}`, 302)
}

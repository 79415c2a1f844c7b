import { Hono } from "hono"
import { decideAccess } from "./access.ts"
import { startSession } from "./browser.ts"
import { launch } from "./launch.ts"
import { dashboardPage } from "./pages/dashboard-page.ts"
import { errorPage } from "./pages/error-page.ts"
import { findPerson, type Person, searchPeople } from "./person.ts"
import type { SignIn } from "./sign-in.ts"
import type { SimulatedApp } from "./simulated-app.ts"

/** "Log in as…" of an app developer's dashboard: a code for anybody who can use the app. */
export function dashboardRoutes(signIn: SignIn): Hono {
  const routes = new Hono()
  routes.get("/dashboard/:app", (c) => {
    const app = signIn.findApp(c.req.param("app"))
    if (app === undefined)
      return errorPage(c, { reason: "unknown-client", status: 404, text: "There is no such app." })
    const search = c.req.query("q") ?? ""
    const people = signIn.districts.flatMap((district) =>
      searchPeople(district, { search, limit: 25, where: (person) => canUse(app, person) }),
    )
    return dashboardPage(c, { app, people, search })
  })
  routes.post("/dashboard/:app", async (c) => {
    const app = signIn.findApp(c.req.param("app"))
    const form = await c.req.parseBody()
    const person = typeof form.person === "string" ? findPerson(signIn.districts, form.person) : undefined
    const [role] = person?.roles ?? []
    const redirectUri = app?.primaryRedirectUri
    if (app === undefined || person === undefined || role === undefined || redirectUri === undefined)
      return errorPage(c, {
        reason: "log-in-as",
        text: "There is no such person or app, or it has no redirect URI.",
      })
    const asked = { districtId: person.district.id, personId: person.id, role, byAdmin: undefined }
    const session = signIn.dashboardStartsSession
      ? startSession(signIn, c, asked)
      : { ...asked, id: "", startedAt: new Date(0) }
    return launch(c, signIn, { app, session, person, redirectUri })
  })
  return routes
}

function canUse(app: SimulatedApp, person: Person): boolean {
  const [role] = person.roles
  return role !== undefined && decideAccess({ app, person, role }).state === "granted"
}

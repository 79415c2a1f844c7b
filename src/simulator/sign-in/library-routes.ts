import { type Context, Hono } from "hono"
import { decideAccess } from "./access.ts"
import { ownPath, sessionOf } from "./browser.ts"
import { ownAddress } from "./launch.ts"
import { consentPage } from "./pages/consent-page.ts"
import { errorPage, refusalPage } from "./pages/error-page.ts"
import type { SignIn } from "./sign-in.ts"

/** The Clever Library: a teacher consents, and the app is installed for them and their students. */
export function libraryRoutes(signIn: SignIn): Hono {
  const routes = new Hono()
  routes.get("/library/:app", (c) => answer(c, signIn))
  routes.post("/library/:app", async (c) => {
    const form = await c.req.parseBody()
    return answer(c, signIn, form.consent === "yes" ? String(form.continue ?? "") : undefined)
  })
  return routes
}

async function answer(c: Context, signIn: SignIn, consentedFor?: string): Promise<Response> {
  const app = signIn.findApp(c.req.param("app"))
  if (app === undefined || !app.library)
    return errorPage(c, { reason: "unknown-client", status: 404, text: "The Library has no such app." })
  const current = sessionOf(signIn, c)
  if (current === undefined)
    return c.redirect(`/login?${new URLSearchParams({ continue: ownAddress(c) })}`, 303)
  const { person, session } = current
  const start = `/portal/apps/${app.clientId}`
  const access = decideAccess({ app, person, role: session.role })
  if (access.state === "refused") return refusalPage(c, access.reason)
  if (access.state === "granted") return c.redirect(ownPath(consentedFor ?? start), 303)
  if (consentedFor === undefined) return consentPage(c, { app, person, next: start })
  app.installedBy.add(person.id)
  return c.redirect(ownPath(consentedFor), 303)
}

/** "Log in with Clever" in an app of any fetch-style framework, here Hono: `npm start -- hono-login` */
import { serve } from "@hono/node-server"
// #region login
import { CleverSsoClient } from "homeroom"
import { type Context, Hono } from "hono"
// #endregion
import { homePage, whoAmI } from "../support/pages.ts"
import { signIn } from "../support/sign-in.ts"

const { settings, port, opened } = await signIn()

// #region login
const app = new Hono()
const sso = new CleverSsoClient(settings)

app.all("/auth/clever/*", async (c) => (await sso.fetch(c.req.raw)) ?? c.notFound())
app.get("/", async (c) => c.html(homePage(await sessionOf(c))))

async function sessionOf(c: Context) {
  const { session, setCookies } = await sso.readSession(c.req.raw)
  c.header("cache-control", "no-store")
  // They keep a session alive that is in use.
  for (const cookie of setCookies) c.header("set-cookie", cookie, { append: true })
  return session
}
// #endregion
app.get("/whoami", async (c) => {
  const { status, body } = whoAmI(await sessionOf(c))
  return c.json(body, status)
})

serve({ fetch: app.fetch, port }, () => opened())

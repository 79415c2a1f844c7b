import { type Context, Hono } from "hono"
import { rememberedDistrict, sessionOf } from "./browser.ts"
import { launch, ownAddress } from "./launch.ts"
import { confirmPage } from "./pages/confirm-page.ts"
import { errorPage } from "./pages/error-page.ts"
import type { SignIn } from "./sign-in.ts"
import type { SimulatedApp } from "./simulated-app.ts"

/** Where logins begin: `/oauth/authorize` from an app's button, `/oauth/instant-login` from a district's link. */
export function authorizeRoutes(signIn: SignIn): Hono {
  const routes = new Hono()
  routes.get("/oauth/authorize", (c) => authorize(c, signIn))
  routes.get("/oauth/instant-login", (c) => instantLogin(c, signIn))
  return routes
}

async function authorize(c: Context, signIn: SignIn): Promise<Response> {
  const query = new URL(c.req.url).searchParams
  const app = signIn.findApp(query.get("client_id") ?? undefined)
  if (app === undefined)
    return errorPage(c, { reason: "unknown-client", text: "There is no app with this client id." })
  if (query.get("response_type") !== "code")
    return errorPage(c, { reason: "response-type", text: "The response type must be code." })
  const redirectUri = query.get("redirect_uri") ?? app.primaryRedirectUri
  if (redirectUri === undefined) return noRedirectUri(c, app)
  if (!app.accepts(redirectUri))
    return errorPage(c, {
      reason: "redirect-uri",
      text: `The redirect URI is not one of those set up for ${app.name}.`,
    })
  app.saw(redirectUri)
  const districtId = query.get("district_id") ?? undefined
  const login = loginPageFor(c, signIn, districtId)
  if (login !== undefined) return login
  const current = sessionOf(signIn, c)
  if (current === undefined) return errorPage(c, { reason: "session", text: "The session has ended." })
  if (query.get("confirmed") === "false" && current.session.role === "student")
    return confirmPage(c, { person: current.person, next: ownAddress(c) })
  return launch(c, signIn, {
    app,
    ...current,
    redirectUri,
    state: query.get("state") ?? undefined,
    nonce: query.get("nonce") ?? undefined,
    codeChallenge: query.get("code_challenge") ?? undefined,
    returnUnshared: query.get("return_unshared") === "true",
  })
}

async function instantLogin(c: Context, signIn: SignIn): Promise<Response> {
  const query = new URL(c.req.url).searchParams
  const app = signIn.findApp(query.get("client_id") ?? undefined)
  if (app === undefined)
    return errorPage(c, { reason: "unknown-client", text: "There is no app with this client id." })
  const districtId = query.get("district_id") ?? undefined
  const isForDistricts = app.districts === "all" || app.districts.length > 0
  if (!app.instantLogin || !isForDistricts)
    return errorPage(c, { reason: "instant-login", text: `${app.name} has no Instant Login link.` })
  const login = loginPageFor(c, signIn, districtId)
  if (login !== undefined) return login
  return launchFromClever(c, signIn, app)
}

/** Sends the browser to the app's primary redirect URI with a code and no state, as every login from Clever's side. */
export async function launchFromClever(c: Context, signIn: SignIn, app: SimulatedApp): Promise<Response> {
  const current = sessionOf(signIn, c)
  if (current === undefined)
    return c.redirect(`/login?${new URLSearchParams({ continue: ownAddress(c) })}`, 302)
  const redirectUri = app.primaryRedirectUri
  if (redirectUri === undefined) return noRedirectUri(c, app)
  return launch(c, signIn, { app, ...current, redirectUri })
}

/** Where a browser without a session for this district goes first; undefined if it has one. */
function loginPageFor(
  c: Context,
  signIn: SignIn,
  districtId: string | undefined,
): Promise<Response> | Response | undefined {
  if (districtId !== undefined && !signIn.districts.some((district) => district.id === districtId))
    return errorPage(c, {
      reason: "unknown-district",
      status: 404,
      text: "There is no district with this id.",
    })
  const current = sessionOf(signIn, c)
  if (current !== undefined && (districtId ?? current.session.districtId) === current.session.districtId)
    return undefined
  const known = districtId ?? rememberedDistrict(signIn, c)
  const rest = new URLSearchParams({ continue: ownAddress(c) })
  return c.redirect(known === undefined ? `/login?${rest}` : `/login/${known}?${rest}`, 302)
}

function noRedirectUri(c: Context, app: SimulatedApp): Promise<Response> {
  return errorPage(c, {
    reason: "no-redirect-uri",
    text: `${app.name} has no redirect URI yet: log in from the app once, or set its redirectUris.`,
  })
}

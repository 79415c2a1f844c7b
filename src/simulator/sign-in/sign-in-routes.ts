import { Hono } from "hono"
import type { ServerContext } from "../server/context.ts"
import { authorizeRoutes } from "./authorize-routes.ts"
import { dashboardRoutes } from "./dashboard-routes.ts"
import { discoveryRoutes } from "./discovery-routes.ts"
import { identityRoutes } from "./identity-routes.ts"
import { libraryRoutes } from "./library-routes.ts"
import { loginRoutes } from "./login-routes.ts"
import { portalRoutes } from "./portal-routes.ts"
import { styleRoute } from "./style-route.ts"
import { tokenEndpoint } from "./token-endpoint.ts"

/** Everything of Clever that people and apps sign in with. */
export function signInRoutes(context: ServerContext): Hono {
  const { signIn } = context
  const routes = new Hono()
  for (const part of [
    authorizeRoutes(signIn),
    loginRoutes(signIn),
    portalRoutes(signIn),
    libraryRoutes(signIn),
    dashboardRoutes(signIn),
    tokenEndpoint(signIn),
    discoveryRoutes(signIn),
    identityRoutes(context),
    styleRoute(),
  ]) {
    routes.route("/", part)
  }
  return routes
}

/** "Log in with Clever" in a Fastify app: `npm run example:fastify` */
// #region login
import Fastify from "fastify"
import { CleverSsoClient } from "homeroom"
import cleverLogin from "homeroom/fastify"
// #endregion
import { homePage, whoAmI } from "../login-support/pages.ts"
import { port, settings } from "../login-support/settings.ts"

// #region login
const app = Fastify()
const sso = new CleverSsoClient(settings)

await app.register(cleverLogin, { sso })
app.get("/", (request, reply) => {
  reply.header("cache-control", "no-store").type("text/html").send(homePage(request.cleverSession))
})
// #endregion
app.get("/whoami", (request, reply) => {
  const { status, body } = whoAmI(request.cleverSession)
  reply.code(status).send(body)
})

await app.listen({ port })
console.log(`Open ${new URL("/", settings.redirectUri)}`)

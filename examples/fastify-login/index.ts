/** "Log in with Clever" in a Fastify app: `npm start -- fastify-login` */
// #region login
import Fastify from "fastify"
import { CleverSsoClient } from "homeroom"
import cleverLogin from "homeroom/fastify"
// #endregion
import { homePage, whoAmI } from "../support/pages.ts"
import { signIn } from "../support/sign-in.ts"

const { settings, port, opened } = await signIn()

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
opened()

/** "Log in with Clever" in an Express app: `npm run example:express` */
// #region login
import express from "express"
import { CleverSsoClient } from "homeroom"
import { cleverLogin, cleverSession } from "homeroom/express"
// #endregion
import { homePage, whoAmI } from "../login-support/pages.ts"
import { port, settings } from "../login-support/settings.ts"

// #region login
const app = express()
const sso = new CleverSsoClient(settings)

app.use("/auth/clever", cleverLogin({ sso }))
app.use(cleverSession({ sso }))
app.get("/", (req, res) => {
  res.set("cache-control", "no-store").send(homePage(req.cleverSession))
})
// #endregion
app.get("/whoami", (req, res) => {
  const { status, body } = whoAmI(req.cleverSession)
  res.status(status).json(body)
})

app.listen(port, (error) => {
  if (error !== undefined) throw error
  console.log(`Open ${new URL("/", settings.redirectUri)}`)
})

/** "Log in with Clever" in an Express app: `npm start -- express-login` */
// #region login
import express from "express"
import { CleverSsoClient } from "homeroom"
import { cleverLogin, cleverSession } from "homeroom/express"
// #endregion
import { homePage, whoAmI } from "../support/pages.ts"
import { signIn } from "../support/sign-in.ts"

const { settings, port, opened } = await signIn()

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

app.listen(port, opened)

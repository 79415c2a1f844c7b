/** A district that people log in from, and whose roster is never imported: `npm start -- sso-only` */
import express from "express"
import { CleverClient, CleverSsoClient, isHomeroomError, RosterSync } from "homeroom"
import { LoginResolver } from "homeroom/accounts"
import { Connections, importDistrict } from "homeroom/exchange"
import { cleverLogin, cleverSession } from "homeroom/express"
import { SqliteStorage } from "homeroom/sqlite"
import { read } from "../support/clever-app.ts"
import { homePage } from "../support/pages.ts"
import { signIn } from "../support/sign-in.ts"

const { settings, port, opened, clever: cleverApp } = await signIn()
const { districtId, people } = cleverApp
const path = read("ROSTER_FILE") ?? "sso-only.db"

// Accounts come from elsewhere: by Clever id, the accounts that the app made for the district's teachers.
const teachers = people.filter(({ role }) => role === "teacher")
const accounts = new Map(teachers.map(({ id }, index) => [id, [`account-${index + 1}`]]))

// #region connection
const storage = new SqliteStorage({ path })
const clever = new CleverClient(cleverApp)
const connections = new Connections({ storage, clever })
await connections.connect(districtId, { mode: "sso", by: "setup" })
// #endregion

// #region refused
const roster = new RosterSync({ clever, storage })
await importDistrict({ connections, roster, districtId, mode: "bulk" }).catch((error) => {
  if (!isHomeroomError(error)) throw error
  console.log(`Importing is refused: ${error.code}`)
})
// #endregion

// #region logins
const app = express()
const sso = new CleverSsoClient({ ...settings, store: storage })
const logins = new LoginResolver({
  storage,
  accounts: { find: ({ cleverId }) => accounts.get(cleverId) ?? [] },
})

app.use("/auth/clever", cleverLogin({ sso, resolve: logins.admit }))
app.use(cleverSession({ sso }))
// #endregion
app.get("/", (req, res) => {
  res.set("cache-control", "no-store").send(homePage(req.cleverSession))
})

app.listen(port, opened)

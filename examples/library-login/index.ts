/** Teachers and their pupils from the Clever Library, whose district is not connected: `npm start -- library-login` */
import { randomUUID } from "node:crypto"
import express from "express"
import { CleverSsoClient } from "homeroom"
import { LoginResolver } from "homeroom/accounts"
import { cleverLogin, cleverSession } from "homeroom/express"
import { SqliteStorage } from "homeroom/sqlite"
import { read } from "../support/clever-app.ts"
import { homePage } from "../support/pages.ts"
import { signIn } from "../support/sign-in.ts"

const { settings, port, opened } = await signIn({ apps: [{ name: "A Library app", library: true }] })
const path = read("ROSTER_FILE") ?? "library-login.db"

// #region library
/** The app's accounts by Clever id: a table in your app. */
const accounts = new Map<string, string[]>()

const app = express()
const storage = new SqliteStorage({ path })
const sso = new CleverSsoClient({ ...settings, store: storage })
const logins = new LoginResolver({
  storage,
  allowedRoles: ["teacher", "student"],
  accounts: {
    find({ cleverId, authorizedBy }) {
      // No roster tells who will come: the account is made at the first login.
      if (authorizedBy === "teacher" && !accounts.has(cleverId)) {
        accounts.set(cleverId, [randomUUID()])
      }
      return accounts.get(cleverId) ?? []
    },
  },
})

app.use("/auth/clever", cleverLogin({ sso, resolve: logins.admit }))
app.use(cleverSession({ sso }))
// #endregion
app.get("/", (req, res) => {
  res.set("cache-control", "no-store").send(homePage(req.cleverSession))
})

app.listen(port, opened)

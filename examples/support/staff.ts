/** The staff of an app, who sign in to it without a password: your app has its own way. */
import { randomBytes } from "node:crypto"
import express, { type Request, type Router } from "express"
import session from "express-session"
import { page } from "./pages.ts"

declare module "express-session" {
  interface SessionData {
    staffId: string
  }
}

export interface Staff {
  readonly id: string
  readonly isAdministrator: boolean
}

const staff = new Map<string, Staff>(
  [
    { id: "ada", isAdministrator: true },
    { id: "bob", isAdministrator: false },
  ].map((one) => [one.id, one]),
)

/** Who of the staff asks; null if nobody is signed in. */
export function staffOf(req: Request): Staff | null {
  return staff.get(req.session.staffId ?? "") ?? null
}

/** A page with a button for each of them, which leads on to `next`. */
export function staffPages(next: string): Router {
  const pages = express.Router()
  const secret = randomBytes(32).toString("base64")
  pages.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: "lax" } }))
  pages.get("/", (_req, res) => {
    const buttons = [...staff.keys()].map((id) => `<button name="id" value="${id}">Sign in as ${id}</button>`)
    res.send(page("Staff", `<form method="post" action="/staff">${buttons.join("<br>")}</form>`))
  })
  pages.post("/staff", express.urlencoded(), (req, res) => {
    req.session.staffId = String(req.body.id)
    res.redirect(303, next)
  })
  return pages
}

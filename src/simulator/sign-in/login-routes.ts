import { type Context, Hono } from "hono"
import type { Role } from "../../models/kinds.ts"
import type { SimulatedDistrict } from "../district/simulated-district.ts"
import { endSession, ownPath, sessionOf, startSession } from "./browser.ts"
import { type LoginMethod, loginMethods } from "./login-method.ts"
import { errorPage } from "./pages/error-page.ts"
import { loggedOutPage, loginPage } from "./pages/login-page.ts"
import { schoolPicker } from "./pages/school-picker.ts"
import { findPerson, hasRole, type Person, personByLogin } from "./person.ts"
import type { SignIn } from "./sign-in.ts"

/** The school picker, a district's login pages, and logging out of Clever. */
export function loginRoutes(signIn: SignIn): Hono {
  const routes = new Hono()
  routes.get("/", (c) => c.redirect("/portal", 302))
  routes.get("/login", (c) =>
    schoolPicker(c, {
      districts: signIn.districts,
      search: c.req.query("q") ?? "",
      next: ownPath(c.req.query("continue")),
    }),
  )
  routes.get("/login/:district/:method?", (c) => {
    const place = placeOf(c, signIn)
    if (place === undefined) return unknownPage(c)
    const next = ownPath(c.req.query("continue"))
    const current = sessionOf(signIn, c)?.person
    return loginPage(c, { ...place, next, search: c.req.query("q") ?? "", current, failed: false })
  })
  routes.post("/login/:district/:method?", async (c) => {
    const place = placeOf(c, signIn)
    if (place === undefined) return unknownPage(c)
    const form = await c.req.parseBody()
    const field = (name: string): string => (typeof form[name] === "string" ? form[name] : "")
    const next = ownPath(field("continue"))
    const person = personOfForm(place, field)
    if (person === undefined) return loginPage(c, { ...place, next, search: "", failed: true })
    const role = roleFor(place.method, person)
    startSession(signIn, c, { districtId: person.district.id, personId: person.id, role })
    return c.redirect(next, 303)
  })
  routes.get("/logout", (c) => {
    const districtId = sessionOf(signIn, c)?.session.districtId
    endSession(signIn, c)
    return loggedOutPage(c, districtId)
  })
  return routes
}

interface Place {
  district: SimulatedDistrict
  method: LoginMethod
}

function placeOf(c: Context, signIn: SignIn): Place | undefined {
  const district = signIn.districts.find((own) => own.id === c.req.param("district"))
  const name = c.req.param("method") ?? "password"
  const method = loginMethods.find((own) => own.name === name)
  return district === undefined || method === undefined ? undefined : { district, method }
}

function personOfForm({ district, method }: Place, field: (name: string) => string): Person | undefined {
  const chosen = field("person")
  const person =
    chosen !== ""
      ? findPerson([district], chosen)
      : field("password") === ""
        ? undefined
        : personByLogin(district, { login: field("username"), among: method.roles })
  return person !== undefined && hasRole(person, method.roles) ? person : undefined
}

function roleFor(method: LoginMethod, person: Person): Role {
  return person.roles.find((role) => method.roles.includes(role)) as Role
}

function unknownPage(c: Context): Promise<Response> {
  return errorPage(c, {
    reason: "unknown-page",
    status: 404,
    text: "There is no such district or way to log in.",
  })
}

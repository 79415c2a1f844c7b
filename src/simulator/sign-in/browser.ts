import type { Context } from "hono"
import { getCookie, setCookie } from "hono/cookie"
import { findPerson, type Person } from "./person.ts"
import { type CleverSession, sessionCookie } from "./session-book.ts"
import type { SignIn } from "./sign-in.ts"

/** The cookie in which a browser remembers its district, also after logging out. */
const districtCookie = "clever-district"

/** The running Clever session of a browser and the person in it, or undefined. */
export function sessionOf(
  signIn: SignIn,
  c: Context,
): { session: CleverSession; person: Person } | undefined {
  const session = signIn.sessions.find(getCookie(c, sessionCookie))
  const person = session === undefined ? undefined : findPerson(signIn.districts, session.personId)
  return session === undefined || person === undefined ? undefined : { session, person }
}

/** The district that a browser was last used with, or undefined. */
export function rememberedDistrict(signIn: SignIn, c: Context): string | undefined {
  const id = getCookie(c, districtCookie)
  return signIn.districts.find((district) => district.id === id)?.id
}

/** Starts a session in this browser; one that it had ends. */
export function startSession(
  signIn: SignIn,
  c: Context,
  asked: Pick<CleverSession, "districtId" | "personId" | "role"> & { byAdmin?: string | undefined },
): CleverSession {
  const old = getCookie(c, sessionCookie)
  if (old !== undefined) signIn.sessions.end(old)
  const session = signIn.sessions.start({ ...asked, byAdmin: asked.byAdmin })
  const options = {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: signIn.url.startsWith("https:"),
  } as const
  setCookie(c, sessionCookie, session.id, options)
  setCookie(c, districtCookie, session.districtId, options)
  return session
}

/** Ends the session of this browser, if it has one. */
export function endSession(signIn: SignIn, c: Context): void {
  const id = getCookie(c, sessionCookie)
  if (id === undefined) return
  signIn.sessions.end(id)
  setCookie(c, sessionCookie, "", { path: "/", httpOnly: true, sameSite: "Lax", maxAge: 0 })
}

/** An address of the simulator's own to go on to, or the Portal: never another site. */
export function ownPath(text: string | undefined): string {
  if (text === undefined || !/^\/(?![/\\])[^\s\\]*$/.test(text)) return "/portal"
  const url = new URL(text, "http://simulator.invalid")
  return url.host === "simulator.invalid" ? `${url.pathname}${url.search}` : "/portal"
}

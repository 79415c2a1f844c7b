import type { Context } from "hono"
import { decideAccess } from "./access.ts"
import { callbackUrl, refusalUrl } from "./callback.ts"
import { consentPage } from "./pages/consent-page.ts"
import { duplicatePage } from "./pages/duplicate-page.ts"
import { refusalPage } from "./pages/error-page.ts"
import type { Person } from "./person.ts"
import type { CleverSession } from "./session-book.ts"
import type { SignIn } from "./sign-in.ts"
import type { SimulatedApp } from "./simulated-app.ts"

/** Sends a logged-in browser to an app with a code, or shows why not. */
export async function launch(
  c: Context,
  signIn: SignIn,
  options: {
    app: SimulatedApp
    session: CleverSession
    person: Person
    redirectUri: string
    state?: string | undefined
    nonce?: string | undefined
    codeChallenge?: string | undefined
    returnUnshared?: boolean | undefined
  },
): Promise<Response> {
  const { app, session, person, redirectUri, state } = options
  const access = decideAccess({ app, person, role: session.role })
  if (access.state === "consent-needed") return consentPage(c, { app, person, next: ownAddress(c) })
  if (access.state === "refused") {
    if (options.returnUnshared !== true) return refusalPage(c, access.reason)
    return c.redirect(refusalUrl({ redirectUri, state }), 302)
  }
  const issued = signIn.codes.issue({
    clientId: app.clientId,
    redirectUri,
    grant: access.grant,
    nonce: options.nonce,
    codeChallenge: options.codeChallenge,
  })
  const url = callbackUrl({ issued, app, state, byAdmin: session.byAdmin !== undefined })
  c.header("cache-control", "no-store")
  return app.duplicateCallbacks ? duplicatePage(c, url) : c.redirect(url, 302)
}

/** The address that was asked for, to come back to; whoever logs in for it need not confirm it too. */
export function ownAddress(c: Context): string {
  const { pathname, searchParams } = new URL(c.req.url)
  searchParams.delete("confirmed")
  return searchParams.size === 0 ? pathname : `${pathname}?${searchParams}`
}

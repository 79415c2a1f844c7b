import type { IssuedCode } from "./code-book.ts"
import type { SimulatedApp } from "./simulated-app.ts"

/** Where the browser arrives with a code: code and scope always, state only if one was sent. */
export function callbackUrl(options: {
  issued: IssuedCode
  app: SimulatedApp
  state?: string | undefined
  byAdmin?: boolean | undefined
}): string {
  const { issued, app, state, byAdmin = false } = options
  const url = new URL(issued.redirectUri)
  url.searchParams.append("code", issued.code)
  url.searchParams.append("scope", app.scopes.join(" "))
  if (state !== undefined) url.searchParams.append("state", state)
  if (byAdmin && app.loginAsByAdmin) url.searchParams.append("loginas_by_admin", "true")
  return url.href
}

/** Where the browser arrives when somebody has no access and the app asked for `return_unshared`. */
export function refusalUrl(options: { redirectUri: string; state?: string | undefined }): string {
  const url = new URL(options.redirectUri)
  url.searchParams.append("error", "unauthorized-user")
  if (options.state !== undefined) url.searchParams.append("state", options.state)
  return url.href
}

import type { SignIn } from "./sign-in.ts"
import type { SimulatedApp } from "./simulated-app.ts"

/**
 * The app whose credentials a request carries, or undefined: HTTP Basic, id and secret form-encoded each
 * (RFC 6749, section 2.3.1).
 */
export function appOfRequest(signIn: SignIn, authorization: string | undefined): SimulatedApp | undefined {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(authorization ?? "") ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, "base64").toString()
  const colon = text.indexOf(":")
  if (colon === -1) return undefined
  const id = formDecoded(text.slice(0, colon))
  const app = signIn.findApp(id)
  return app !== undefined && formDecoded(text.slice(colon + 1)) === app.clientSecret ? app : undefined
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return undefined
  }
}

import { type ErrorCode, HomeroomError, isHomeroomError } from "../../errors/index.ts"
import { LoginDiagnosis, type LoginDiagnosisOptions } from "../../sso/diagnosis/login-diagnosis.ts"
import { type SecretStrength, strengthOf } from "../../sso/diagnosis/secret-strength.ts"
import { readRedirectUri } from "../../sso/index.ts"
import type { LoginEnvironment } from "../environment.ts"
import type { Findings } from "./check.ts"

/** How the login is probed. */
export type ProbeSettings = Pick<LoginDiagnosisOptions, "fetch" | "timeoutMs">

/** Checks what "Log in with Clever" needs; says that it is not set up where nothing of it is. */
export async function checkLogin(
  findings: Findings,
  login: LoginEnvironment,
  settings: ProbeSettings,
): Promise<void> {
  if (!login.isConfigured) {
    findings.skip("login", "Not configured: set HOMEROOM_COOKIE_SECRET and BASE_URL to have it checked.")
    return
  }
  checkCookieSecret(findings, login)
  const redirectUri = checkRedirectUri(findings, login)
  const { clientId, clientSecret, oidc } = login
  if (clientId === undefined || clientSecret === undefined) {
    findings.fail(
      "login credentials",
      "CLEVER_CLIENT_ID and CLEVER_CLIENT_SECRET are not both set; a district's token logs nobody in.",
      "Copy both from the Clever dashboard (Settings > App Settings).",
    )
    return
  }
  let diagnosis: LoginDiagnosis
  try {
    diagnosis = new LoginDiagnosis({ ...login, clientId, clientSecret, oidc: oidc ?? "auto", ...settings })
  } catch (error) {
    findings.failWith("login", error)
    return
  }
  await checkDiscovery(findings, diagnosis, login)
  // Clever looks at the code before it looks at where the code went.
  await checkCredentials(findings, diagnosis, redirectUri ?? "https://homeroom-doctor.invalid/callback")
  if (redirectUri !== undefined) await checkRegistration(findings, diagnosis, redirectUri)
}

const weaknesses: Readonly<Record<NonNullable<SecretStrength["weakness"]>, string>> = {
  short: "is shorter than 32 bytes",
  placeholder: "looks like a placeholder out of an example",
  repeated: "repeats itself",
  words: "consists of words",
  "few-characters": "has too little variety to be random",
}

/** Says how strong the secret is, and nothing that is in it. */
function checkCookieSecret(findings: Findings, { cookieSecret, clientSecret }: LoginEnvironment): void {
  const name = "cookie secret"
  const remedy = "Make a new one: openssl rand -base64 32"
  if (cookieSecret === undefined) {
    findings.skip(name, "Not configured: set HOMEROOM_COOKIE_SECRET, as from openssl rand -base64 32.")
    return
  }
  const { bytes, bits, weakness } = strengthOf(cookieSecret)
  const estimate = `${bytes} bytes, of which chance can be at most about ${bits} bits`
  if (weakness === "short") findings.fail(name, `The secret ${weaknesses.short}: ${bytes}.`, remedy)
  else if (cookieSecret === clientSecret) {
    findings.warn(name, "It is the app's client secret: who knows the one can forge the other.", remedy)
  } else if (weakness !== null)
    findings.warn(name, `The secret ${weaknesses[weakness]}: ${estimate}.`, remedy)
  else findings.ok(name, `Nothing weak is to be seen: ${estimate}.`)
}

/** Checks the redirect URI by itself; returns it as it is sent to Clever, if it can be. */
function checkRedirectUri(findings: Findings, login: LoginEnvironment): string | undefined {
  const name = "redirect uri"
  const { redirectUri: given } = login
  if (given === undefined) {
    findings.skip(name, "Not configured: set BASE_URL, or pass --redirect-uri.")
    return undefined
  }
  let url: URL
  try {
    url = readRedirectUri(given, true)
  } catch (error) {
    const remedy = `Correct ${login.redirectUriSource}, and the address in the Clever dashboard.`
    findings.fail(name, isHomeroomError(error) ? error.message : "It is no address.", remedy)
    return undefined
  }
  if (url.protocol === "http:") {
    findings.warn(
      name,
      `${url.href} is plain http on this machine: for development alone, with allowInsecureLocalhost.`,
      "Everywhere else use https.",
    )
  } else findings.ok(name, `${url.href} has the form that Clever wants.`)
  return url.href
}

async function checkDiscovery(
  findings: Findings,
  diagnosis: LoginDiagnosis,
  { oidc }: LoginEnvironment,
): Promise<void> {
  const name = "openid connect"
  if (oidc === undefined) {
    const remedy = "Set it to one of these, or leave it away for auto."
    findings.fail(name, "HOMEROOM_CLEVER_OIDC is none of auto, required and off.", remedy)
    return
  }
  if (oidc === "off") {
    findings.skip(name, "Switched off by HOMEROOM_CLEVER_OIDC: id_tokens are not looked at.")
    return
  }
  try {
    const support = await diagnosis.openIdConnect()
    const { issuer, advertisesRs256, keys, usableKeys, ambiguousKeyIds } = support
    const remedy = "Ask Clever, or check what stands between this machine and Clever."
    if (usableKeys === 0) {
      throw new HomeroomError("LOGIN_OIDC_UNAVAILABLE", {
        message: `None of the ${keys} published keys can verify a signature with RS256.`,
      })
    }
    if (ambiguousKeyIds > 0) {
      findings.warn(
        name,
        "Several published keys have one key id: id_tokens that name it are refused.",
        remedy,
      )
    } else if (advertisesRs256 === null) {
      findings.warn(name, `The configuration of ${issuer} does not say that it signs with RS256.`, remedy)
    } else {
      const message = `${issuer} is the issuer, its addresses are its own; keys of use: ${usableKeys} of ${keys}.`
      findings.ok(name, message)
    }
  } catch (error) {
    if (oidc === "required" || !isHomeroomError(error)) findings.failWith(name, error)
    else {
      findings.warn(
        name,
        `${error.code}: ${error.message}`,
        "Logins go on without OpenID Connect, but one that brings an id_token fails. Set HOMEROOM_CLEVER_OIDC=off " +
          "if the app does not have it.",
      )
    }
  }
}

/** What the token endpoint may complain of that is no fault of the configuration's. */
const passing: readonly ErrorCode[] = ["CLEVER_UNREACHABLE", "CLEVER_UNAVAILABLE", "CLEVER_RATE_LIMITED"]

async function checkCredentials(
  findings: Findings,
  diagnosis: LoginDiagnosis,
  redirectUri: string,
): Promise<void> {
  const name = "login credentials"
  try {
    if (await diagnosis.acceptsCredentials(redirectUri)) {
      findings.ok(name, "Clever accepts them; the made-up code that was sent with them it refuses.")
    } else {
      const remedy = "Do not let anybody log in: check the address of Clever and what stands in between."
      findings.fail(name, "The token endpoint accepted a made-up code. It can't be Clever's.", remedy)
    }
  } catch (error) {
    const isClear = !isHomeroomError(error) || error.code === "CLEVER_CREDENTIALS_REJECTED"
    if (isClear || passing.includes(error.code)) findings.failWith(name, error)
    else {
      const message = `${error.code}: the answer to a made-up code does not tell whether they are right.`
      findings.warn(name, message, "Log in once to see. The list of districts uses the same credentials.")
    }
  }
}

async function checkRegistration(
  findings: Findings,
  diagnosis: LoginDiagnosis,
  redirectUri: string,
): Promise<void> {
  const name = "redirect uri at clever"
  const remedy = `Compare it letter by letter with the redirect URIs in the Clever dashboard: ${redirectUri}`
  try {
    const answer = await diagnosis.redirectUriAnswer(redirectUri)
    if (answer.state === "accepted") {
      findings.ok(name, "Clever takes it, and refuses one that is not registered.")
    } else if (answer.state === "refused") {
      findings.fail(name, `Clever does not accept ${redirectUri} (status ${answer.status}).`, remedy)
    } else if (answer.why === "error") {
      const message = `Clever answers a login with an error (status ${answer.status}) that may be about the redirect URI.`
      findings.warn(name, message, remedy)
    } else {
      const message =
        "Clever answers as it does to an address that is not registered, so this can't be told from here."
      findings.warn(name, message, remedy)
    }
  } catch (error) {
    findings.failWith(name, error)
  }
}

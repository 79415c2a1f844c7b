// #region app
import { CleverSsoClient } from "homeroom"
import { startSimulator } from "homeroom/simulator"
import { afterAll, expect, test } from "vitest"

const simulator = await startSimulator({ users: 100, schools: 1, seed: 1 })
const { apiUrl, authUrl, clientId, clientSecret } = simulator
const sso = new CleverSsoClient({
  clientId,
  clientSecret,
  apiUrl,
  authUrl,
  redirectUri: "http://localhost:3000/auth/clever/callback",
  cookieSecret: "at least 32 bytes, here only for a test",
  allowInsecureLocalhost: true,
})

/** The app, or its part that matters here. */
async function app(request: Request): Promise<Response> {
  const { session } = await sso.readSession(request)
  return (await sso.fetch(request)) ?? Response.json({ cleverId: session?.cleverId ?? null })
}
// #endregion

// #region browser
/** Opens an address as a browser does: with its cookies, and by every redirect. */
async function open(address: string, cookies: Map<string, string>): Promise<Response> {
  for (let url = new URL(address); ; ) {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ")
    const request = new Request(url, { headers: { cookie }, redirect: "manual" })
    const answer = url.origin === authUrl ? await fetch(request) : await app(request)
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const next = answer.headers.get("location")
    if (next === null) return answer
    url = new URL(next, url)
  }
}
// #endregion

afterAll(() => simulator.close())

// #region portal
const people = simulator.districts[0]?.people ?? []
const [teacher = "", pupil = ""] = ["teacher", "student"].map(
  (wanted) => people.find(({ role }) => role === wanted)?.id,
)

test("a pupil who comes from the Portal replaces the teacher who was logged in", async () => {
  const atClever = simulator.signIn.logIn(teacher).cookie.split("=") as [string, string]
  const browser = new Map([atClever])
  await open("http://localhost:3000/auth/clever/login", browser)
  expect(await (await open("http://localhost:3000/", browser)).json()).toEqual({ cleverId: teacher })

  browser.set(...(simulator.signIn.logIn(pupil).cookie.split("=") as [string, string]))
  const page = await open(simulator.signIn.issueCode(pupil).callbackUrl, browser)
  expect(await page.json()).toEqual({ cleverId: pupil })
})
// #endregion

import assert from "node:assert/strict"
import type { CleverSsoClient } from "../../src/sso/index.ts"

const app = "http://localhost"

/** A browser that keeps the app's cookies. */
class Browser {
  readonly #sso: CleverSsoClient
  readonly #cookies = new Map<string, string>()

  constructor(sso: CleverSsoClient) {
    this.#sso = sso
  }

  get request(): Request {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ")
    return new Request(`${app}/`, { headers: { cookie } })
  }

  async open(url: string, method = "GET"): Promise<{ status: number; location: string }> {
    const { headers } = this.request
    const response = await this.#sso.fetch(new Request(url, { method, headers }))
    for (const line of response?.headers.getSetCookie() ?? []) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === "") this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return { status: response?.status ?? 0, location: response?.headers.get("location") ?? "" }
  }
}

/**
 * Logs somebody in who is logged in at Clever, opens the callback a second time, and logs them out again. Whether they
 * were let in.
 */
export async function logInAndOut(
  sso: CleverSsoClient,
  person: { id: string; cookie: string },
): Promise<boolean> {
  const browser = new Browser(sso)
  const { location } = await browser.open(`${app}/auth/clever/login`)
  const { cookie } = person
  const answer = await fetch(location, { redirect: "manual", headers: { cookie } })
  await answer.arrayBuffer()
  const callback = answer.headers.get("location") ?? ""
  if (!callback.startsWith(`${app}/`)) return false
  const { status } = await browser.open(callback)
  const { session } = await sso.readSession(browser.request)
  if (status !== 303) {
    assert.equal(session, undefined, "somebody is logged in whose login failed")
    return false
  }
  assert.equal(session?.cleverId, person.id)
  await browser.open(callback)
  const kept = browser.request
  await browser.open(`${app}/auth/clever/logout`, "POST")
  assert.equal((await sso.readSession(browser.request)).session, undefined, "a logout leaves a session")
  assert.equal((await sso.readSession(kept)).session, undefined, "a copy of an ended session is good")
  return true
}

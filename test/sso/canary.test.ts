import { inspect } from "node:util"
import { describe, expect, test, vi } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { type Fault, fault } from "../../src/simulator/index.ts"
import { type Door, doors } from "./support/doors.ts"
import { type LoginWorld, type LoginWorldOptions, openLoginWorld } from "./support/login-world.ts"
import type { Visit, WebBrowser } from "./support/web-browser.ts"

const clientSecret = "canary-client-secret-0123456789abcdef"
const cookieSecret = "canary-cookie-secret-0123456789abcdef"

/** A world in which everything that comes out of the app is kept. */
async function openWatched(door: Door, options: Partial<LoginWorldOptions> = {}) {
  const consoles = (["log", "info", "warn", "error", "debug"] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => {}),
  )
  const written = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write"))
  const verifiers: string[] = []
  const world = await openLoginWorld({
    door,
    ...options,
    simulator: { oidc: true, clientSecret, apps: [{ pkce: true }], ...options.simulator },
    sso: {
      cookieSecret,
      email: true,
      fetch: (input, init) => {
        const verifier = new URLSearchParams(String(init?.body ?? "")).get("code_verifier")
        if (verifier !== null) verifiers.push(verifier)
        return fetch(input, init)
      },
      ...options.sso,
    },
  })
  const visits: Visit[] = []
  const visit = async (
    browser: WebBrowser,
    ...request: Parameters<WebBrowser["request"]>
  ): Promise<Visit> => {
    const answer = await browser.request(...request)
    visits.push(answer)
    return answer
  }
  /** Everything that was told to anybody but Clever, with where it was told. */
  const told = (): [string, string][] => [
    ...visits.flatMap(({ url, headers, body }): [string, string][] => [
      [`body of ${url.pathname}`, body],
      ...[...headers]
        .filter(([name]) => name !== "location")
        .map(([name, value]): [string, string] => [name, value]),
    ]),
    ["audit", inspect(world.audit, { depth: Number.POSITIVE_INFINITY, showHidden: true })],
    ["errors", inspect(world.errors, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true })],
    ["client", inspect(world.sso, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true })],
    ["client as JSON", JSON.stringify(world.sso)],
    ...consoles.map(({ mock }): [string, string] => ["console", inspect(mock.calls, { depth: 20 })]),
    ...written.map(({ mock }): [string, string] => ["output", inspect(mock.calls, { depth: 20 })]),
  ]
  return { world, visit, visits, told, verifiers }
}

/** What must not be told: of Clever's, of the person's, of the login's. */
function secretsOf(world: LoginWorld, callbacks: readonly URL[], verifiers: readonly string[]): string[] {
  const { signIn, districts } = world.simulator
  const person = JSON.parse(districts[0]!.data.texts("user").get(world.person("teacher"))!) as {
    email: string
    name: { first: string; last: string }
  }
  return [
    clientSecret,
    cookieSecret,
    Buffer.from(`${world.simulator.clientId}:${clientSecret}`).toString("base64"),
    person.email,
    person.name.last,
    person.name.first,
    ...signIn.tokens.list().map(({ token }) => token),
    ...signIn.codes.list().flatMap(({ code, nonce }) => (nonce === undefined ? [code] : [code, nonce])),
    ...callbacks.map((callback) => callback.searchParams.get("state")!),
    ...verifiers,
    // The header of every id_token.
    "eyJhbGciOiJSUzI1NiIs",
  ]
}

const failures: [string, { path: RegExp; fault: Fault } | undefined, number][] = [
  ["nothing", undefined, 303],
  ["the exchange: HTML", { path: /oauth\/tokens/, fault: fault.html() }, 502],
  ["the exchange: an error that quotes what was sent", { path: /oauth\/tokens/, fault: quoting }, 400],
  ["the exchange: 500", { path: /oauth\/tokens/, fault: fault.answer({ status: 500 }) }, 503],
  [
    "the exchange: a redirect",
    { path: /oauth\/tokens/, fault: fault.redirect({ to: "http://127.0.0.1:9/evil" }) },
    502,
  ],
  [
    "the exchange: an id_token with another signature",
    {
      path: /oauth\/tokens/,
      fault: fault.rewriteText((text) => text.replace(/(?<="id_token":"[^"]{40,})[\w-]{8}"/, 'AAAAAAAA"')),
    },
    502,
  ],
  ["/me: not JSON", { path: /\/me$/, fault: fault.answer({ status: 200, body: "{" }) }, 502],
  ["/me: 401", { path: /\/me$/, fault: fault.answer({ status: 401 }) }, 502],
  ["/users: somebody else", { path: /\/users\//, fault: fault.rewriteText(another) }, 502],
  ["/users: 404", { path: /\/users\//, fault: fault.answer({ status: 404 }) }, 403],
]

async function quoting({ next }: Parameters<Fault>[0]): Promise<Response> {
  const { id_token: idToken, access_token: accessToken } = (await (await next()).json()) as {
    id_token: string
    access_token: string
  }
  const body = { error: "invalid_grant", error_description: `${clientSecret} ${accessToken} ${idToken}` }
  return Response.json(body, { status: 400 })
}

function another(text: string): string {
  return text.replace(/"id":"[0-9a-f]{24}"/, '"id":"5d0000000000000000000001"')
}

describe.each(doors)("$name: what comes out", (door) => {
  test.each(failures)(
    "R16 R54 R56 holds no secret, token, code, state, name or address when what goes wrong is %s",
    async (_, wrong, status) => {
      const { world, visit, told, verifiers } = await openWatched(door)
      const browser = world.browser(world.person("teacher"))
      if (wrong !== undefined) world.simulator.faults.add({ match: wrong.path, fault: wrong.fault })
      const callbacks: URL[] = []
      for (const accept of ["text/html", "application/json"]) {
        for (const path of ["/auth/clever/login?return_to=/work", "/auth/clever/callback?code=stateless"]) {
          const callback = await world.begin(browser, path)
          callbacks.push(callback)
          expect((await visit(browser, callback, { headers: { accept } })).status).toBe(status)
          // Once more, with nothing left of it.
          await visit(browser, callback, { headers: { accept } })
        }
        await visit(browser, `${world.app}/whoami`)
        await visit(browser, `${world.app}/auth/clever/logout`, { method: "POST", headers: { accept } })
        await visit(browser, `${world.app}/auth/clever/logout`, { headers: { accept } })
      }
      expect(verifiers.length).toBeGreaterThan(0)
      const secrets = secretsOf(world, callbacks, verifiers)
      expect(secrets.every((secret) => secret.length > 2)).toBe(true)
      for (const [where, text] of told()) {
        for (const secret of secrets) expect(text, where).not.toContain(secret)
      }
    },
  )

  test("R16 an app's own error arrives as it was thrown, and its text is not shown", async () => {
    const { world, visit, visits } = await openWatched(door, {
      hooks: {
        resolve: ({ identity }) => {
          throw new TypeError(`no account for ${identity.name.last}`)
        },
      },
    })
    const browser = world.browser(world.person("teacher"))
    await visit(browser, await world.begin(browser))
    expect(world.errors).toEqual([expect.any(TypeError)])
    expect(visits[0]!.body).toBe("the app's own error page")
    expect(inspect(world.audit)).not.toContain("no account")
  })

  test("R16 addresses that lead back to Clever hold our own state and nothing of the code", async () => {
    const { world, visit, visits } = await openWatched(door)
    const browser = world.browser(world.person("teacher"))
    const callback = await world.begin(browser, "/auth/clever/callback?code=stateless-canary&iss=x&scope=y")
    await visit(browser, `${world.app}/auth/clever/callback?code=stateless-canary&iss=x&scope=y`)
    await visit(browser, callback)
    const [bounce, done] = visits
    expect(bounce!.location!.href).not.toContain("canary")
    expect([...bounce!.location!.searchParams.keys()].sort()).toEqual([
      "client_id",
      "code_challenge",
      "code_challenge_method",
      "nonce",
      "redirect_uri",
      "response_type",
      "state",
    ])
    expect(done!.location!.href).toBe(`${world.app}/`)
  })

  test("R16 the cookies show nothing of what is in them", async () => {
    const { world } = await openWatched(door, {
      hooks: { resolve: () => ({ accountId: "canary-account" }) },
      sso: { session: { displayName: true } },
    })
    const browser = world.browser(world.person("teacher"))
    const callback = await world.begin(browser, "/auth/clever/login?return_to=/canary-place")
    await browser.request(callback)
    const session = await world.whoami(browser)
    expect(session.accountId).toBe("canary-account")
    for (const line of browser.cookieLines) {
      const [, value = ""] = line.split(/[=;]/)
      const readable = value.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"))
      for (const text of [line, ...readable]) {
        expect(text).not.toMatch(/canary/)
        for (const hidden of [session.cleverId, session.displayName, callback.searchParams.get("state")]) {
          expect(text).not.toContain(hidden)
        }
      }
    }
  })

  test("R55 R56 ending everybody's sessions tells the audit whose, by id alone", async () => {
    const { world } = await openWatched(door)
    const [id, districtId] = [world.person("teacher"), world.simulator.districts[0]!.id]
    await world.logIn(world.browser(id))
    await world.sso.revokeUserSessions(id)
    await world.sso.revokeDistrictSessions(districtId)
    expect(world.audit.slice(-2)).toEqual([
      { type: "sessions-revoked", at: expect.any(String) as string, cleverId: id },
      { type: "sessions-revoked", at: expect.any(String) as string, districtId },
    ])
  })

  test("R16 a refusal by the app shows no more than its code", async () => {
    const { world, visit, visits } = await openWatched(door, {
      hooks: {
        resolve: ({ identity }) => {
          throw new HomeroomError("LOGIN_ARCHIVED", {
            message: `canary ${identity.name.last}`,
            details: { canary: identity.cleverId },
            cause: new Error("canary"),
          })
        },
      },
    })
    const browser = world.browser(world.person("teacher"))
    for (const accept of ["text/html", "application/json"]) {
      await visit(browser, await world.begin(browser), { headers: { accept } })
    }
    for (const { status, body } of visits) {
      expect(status).toBe(403)
      expect(body).toContain("LOGIN_ARCHIVED")
      expect(body).not.toMatch(/canary/)
    }
  })
})

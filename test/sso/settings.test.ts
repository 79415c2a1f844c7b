import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { CleverSsoClient, type CleverSsoOptions, type LoginRequest } from "../../src/sso/index.ts"
import { cookiesOf } from "../../src/sso/login-request.ts"
import { readSettings } from "../../src/sso/settings.ts"

const good: CleverSsoOptions = {
  clientId: "client",
  clientSecret: "secret",
  redirectUri: "https://app.example/auth/clever/callback",
  cookieSecret: "a secret of at least thirty-two bytes",
}

const wrong: [string, Partial<Record<keyof CleverSsoOptions, unknown>>, string][] = [
  ["no client id", { clientId: "" }, "CLEVER_CREDENTIALS_MISSING"],
  ["no client secret", { clientSecret: undefined }, "CLEVER_CREDENTIALS_MISSING"],
  ["no redirect URI", { redirectUri: undefined }, "redirectUri"],
  ["a redirect URI that is none", { redirectUri: "/auth/clever/callback" }, "redirectUri"],
  ["plain http", { redirectUri: "http://app.example/auth/callback" }, "redirectUri"],
  [
    "plain http with allowInsecureLocalhost",
    { redirectUri: "http://app.example/cb", allowInsecureLocalhost: true },
    "redirectUri",
  ],
  [
    "a host that only begins like this machine's",
    { redirectUri: "http://127.0.0.1.evil.example/cb", allowInsecureLocalhost: true },
    "redirectUri",
  ],
  ["plain http on this machine, unasked", { redirectUri: "http://localhost:3000/cb" }, "redirectUri"],
  ["a wildcard", { redirectUri: "https://*.app.example/cb" }, "redirectUri"],
  ["a fragment", { redirectUri: "https://app.example/cb#x" }, "redirectUri"],
  ["an empty fragment", { redirectUri: "https://app.example/cb#" }, "redirectUri"],
  ["a query", { redirectUri: "https://app.example/cb?x=1" }, "redirectUri"],
  ["a user name", { redirectUri: "https://user@app.example/cb" }, "redirectUri"],
  ["another scheme", { redirectUri: "javascript://app.example/cb" }, "redirectUri"],
  ["no name of its own", { redirectUri: "https://app.example/auth/" }, "redirectUri"],
  ["the login's name", { redirectUri: "https://app.example/auth/login" }, "redirectUri"],
  ["the logout's name", { redirectUri: "https://app.example/auth/logout" }, "redirectUri"],
  ["another spelling than browsers'", { redirectUri: "https://App.Example:443/cb" }, "redirectUri"],
  ["no cookie secret", { cookieSecret: undefined }, "cookieSecret"],
  ["an empty list of secrets", { cookieSecret: [] }, "cookieSecret"],
  ["a short secret", { cookieSecret: "x".repeat(31) }, "cookieSecret"],
  ["a short secret in a list", { cookieSecret: ["x".repeat(32), "y"] }, "cookieSecret"],
  ["a secret that is no text", { cookieSecret: [7] }, "cookieSecret"],
  ["an unknown oidc", { oidc: "sometimes" }, "oidc"],
  ["accepting codes without a state", { portal: "accept" }, "portal"],
  ["an unknown confirmation", { portalConfirmation: true }, "portalConfirmation"],
  ["an unknown API version", { apiVersion: "v2.1" }, "apiVersion"],
  ["a district that is no id", { districtId: "../x" }, "districtId"],
  ["an allowed district that is no id", { allowedDistricts: ["__proto__"] }, "districtId"],
  ["a district that is not allowed", { districtId: "d1", allowedDistricts: ["d2"] }, "districtId"],
  ["a home on another site", { homePath: "https://evil.example/" }, "homePath"],
  ["a home with two slashes", { homePath: "//evil.example" }, "homePath"],
  ["a home with two slashes in disguise", { homePath: "/.//evil.example" }, "homePath"],
  ["a home with a backslash", { homePath: "/\\evil.example" }, "homePath"],
  ["a home that logs in again", { homePath: "/auth/clever/login" }, "homePath"],
  ["a return origin with a path", { allowedReturnOrigins: ["https://a.example/x"] }, "allowedReturnOrigins"],
  [
    "a return origin with a wildcard",
    { allowedReturnOrigins: ["https://*.a.example"] },
    "allowedReturnOrigins",
  ],
  ["a plain-http return origin", { allowedReturnOrigins: ["http://a.example"] }, "allowedReturnOrigins"],
  [
    "a frame ancestor with a policy",
    { frameAncestors: ["https://a.example; script-src *"] },
    "frameAncestors",
  ],
  ["any frame ancestor", { frameAncestors: ["*"] }, "frameAncestors"],
  ["plain http to Clever", { authUrl: "http://clever.com" }, "authUrl"],
  ["plain http to Clever's API", { apiUrl: "http://api.clever.com" }, "apiUrl"],
  ["a query in Clever's address", { authUrl: "https://clever.com/?x=1" }, "authUrl"],
  ["no time at all", { timeoutMs: 0 }, "timeoutMs"],
  ["endless sessions", { session: { absoluteMs: Number.POSITIVE_INFINITY } }, "session.absoluteMs"],
  ["sessions of a year", { session: { absoluteMs: 366 * 86_400_000 } }, "session.absoluteMs"],
  ["sessions of no length", { session: { idleMs: -1 } }, "session.idleMs"],
]

describe("R61 options are checked when the client is made", () => {
  test.each(wrong)("R61 R35 refuses %s", (_, change, expected) => {
    let thrown: unknown
    try {
      new CleverSsoClient({ ...good, ...(change as object) })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(HomeroomError)
    const { code, details, message } = thrown as HomeroomError
    expect([code, details.option]).toContain(expected)
    for (const secret of [good.clientSecret, good.cookieSecret as string]) {
      if (message.includes("cookieSecret") || secret.length < 10) continue
      expect(message).not.toContain(secret)
    }
  })

  test.each([
    ["https://app.example/callback", "/login", "/callback", "/logout"],
    ["https://app.example:8443/a/b/done", "/a/b/login", "/a/b/done", "/a/b/logout"],
    [
      "http://localhost:3000/auth/clever/callback",
      "/auth/clever/login",
      "/auth/clever/callback",
      "/auth/clever/logout",
    ],
    ["http://[::1]:3000/cb", "/login", "/cb", "/logout"],
    ["http://127.0.0.1/cb", "/login", "/cb", "/logout"],
  ])("takes %s, with the other routes beside it", (redirectUri, login, callback, logout) => {
    const client = new CleverSsoClient({ ...good, redirectUri, allowInsecureLocalhost: true })
    expect(client.paths).toEqual({ login, callback, logout })
  })

  test("the issuer is Clever's address without a slash", () => {
    expect(new CleverSsoClient(good).issuer).toBe("https://clever.com")
    expect(new CleverSsoClient({ ...good, authUrl: "http://127.0.0.1:9/" }).issuer).toBe("http://127.0.0.1:9")
  })

  test("R16 a client shows none of its secrets", () => {
    const client = new CleverSsoClient({
      ...good,
      clientSecret: "canary-secret",
      cookieSecret: "canary".repeat(6),
    })
    for (const text of [
      inspect(client, { depth: null, showHidden: true, getters: true }),
      JSON.stringify(client),
    ]) {
      expect(text).not.toContain("canary")
    }
  })
})

test("R25 R38 what is not given is as the documentation says", () => {
  expect(readSettings(good)).toMatchObject({
    oidc: "auto",
    portal: "bounce",
    portalConfirmation: "never",
    confirmStudents: false,
    districtId: null,
    allowedDistricts: null,
    library: true,
    email: false,
    homePath: "/",
    allowedReturnOrigins: [],
    frameAncestors: [],
    idleMs: 30 * 60_000,
    absoluteMs: 8 * 3_600_000,
    displayName: false,
    timeoutMs: 10_000,
    apiVersion: "v3.1",
    issuer: "https://clever.com",
    secure: true,
  })
})

describe("which route a path is", () => {
  const client = new CleverSsoClient(good)
  test.each([
    ["/auth/clever/login", "", "login"],
    ["/auth/clever/callback", "", "callback"],
    ["/auth/clever/logout", "", "logout"],
    ["/login", "", undefined],
    ["/logout", "", undefined],
    ["/auth/clever/login/", "", undefined],
    ["/AUTH/clever/login", "", undefined],
    ["/constructor", "", undefined],
    ["", "", undefined],
    ["/login", "/auth/clever", "login"],
    ["/clever/login", "/auth", "login"],
    ["/login", "/auth", undefined],
    ["/callback", "/clever", "callback"],
    ["/login", "/sso", "login"],
    ["/other", "/auth/clever", undefined],
    ["/login/x", "/auth/clever", undefined],
  ])("%s below '%s' is %s", (path, mountPath, expected) => {
    expect(client.routeOf(path, mountPath)).toBe(expected)
  })
})

test("of several cookies with one name the first counts", () => {
  const cookie = "clever_session=own; b=2; clever_session=planted;clever_session="
  expect([...cookiesOf({ headers: { cookie } })]).toEqual([
    ["clever_session", "own"],
    ["b", "2"],
  ])
})

describe("requests of any shape are answered", () => {
  const client = new CleverSsoClient({ ...good, oidc: "off" })
  test.each<[string, Partial<LoginRequest>]>([
    ["nothing", {}],
    ["an empty address", { url: "" }],
    ["two leading slashes", { url: "//evil.example/auth/clever/login?return_to=/x" }],
    ["an address that is none", { url: "http://[broken" }],
    ["an IPv6 host", { url: "https://[::1]:8080/auth/clever/login" }],
    ["half an escape", { url: "/auth/clever/login?%" }],
    ["bytes that are no UTF-8", { url: "/auth/clever/login?return_to=%ff%fe" }],
    ["an address of a megabyte", { url: `/auth/clever/login?${"x".repeat(1_000_000)}` }],
    ["a method in small letters", { method: "get" }],
    ["odd cookies", { headers: { cookie: ["a=b", "c", "=d", ";;;", "__proto__=x"] } }],
    ["a cookie of equals signs", { headers: { cookie: "=".repeat(10_000) } }],
    ["the web's headers", { headers: new Headers({ cookie: "a=b" }) }],
  ])("%s: a login starts", async (_, request) => {
    const { answer, thrown } = await client.handle("login", { headers: {}, ...request }, { native: null })
    expect(thrown).toBeUndefined()
    expect(answer.status).toBe(303)
    expect(answer.headers.find(([name]) => name === "location")![1]).toMatch(
      /^https:\/\/clever\.com\/oauth\/authorize\?/,
    )
  })
})

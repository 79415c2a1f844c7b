import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { clientId, LyingProvider, person } from "../../support/lying-provider.ts"
import { rsaKey, testProvider } from "./world.ts"

const now = Date.parse("2026-11-24T08:00:00Z")
const lying = new LyingProvider({ ...rsaKey(), clock: () => now })
const redirectUri = "https://app.example/auth/callback"

beforeAll(() => lying.start())
afterAll(() => lying.close())
beforeEach(() => lying.reset())

function provider(options: Partial<Parameters<typeof testProvider>[0]> = {}) {
  return testProvider({ authUrl: lying.url, apiUrl: lying.url, clientId, clock: () => now, ...options })
    .provider
}

describe("the straight path", () => {
  it("R49 a login with an id_token", async () => {
    lying.nonce = "n-1"
    const clever = provider()
    const redeemed = await clever.redeem({
      code: "code-1",
      redirectUri,
      nonce: "n-1",
      codeVerifier: null,
      callbackIss: null,
    })
    expect(redeemed.claims).toMatchObject({ subject: person.id, districtId: person.district })
    const { identity, loginRole } = await clever.identify({ redeemed, loginSource: "app", email: false })
    expect(identity).toEqual({
      issuer: lying.issuer,
      cleverId: person.id,
      legacyIds: [],
      districtId: person.district,
      authorizedBy: "district",
      roles: { student: { grade: "3", school: "s1", schools: ["s1"] } },
      name: { first: "Canary", middle: null, last: "Pupil" },
      loginSource: "app",
    })
    expect(loginRole).toBe("student")
    expect(lying.counts).toEqual({ discovery: 1, keys: 1, token: 1, me: 1, user: 1, userinfo: 0, other: 0 })
  })

  it("R49 a login of an app without OpenID Connect", async () => {
    lying.isOidc = false
    const clever = provider()
    const redeemed = await clever.redeem({
      code: "code-1",
      redirectUri,
      nonce: "n-1",
      codeVerifier: null,
      callbackIss: null,
    })
    expect(redeemed.claims).toBeNull()
    const { identity } = await clever.identify({ redeemed, loginSource: "clever", email: true })
    expect(identity).toMatchObject({ cleverId: person.id, email: person.email, loginSource: "clever" })
  })
})

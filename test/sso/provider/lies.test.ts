import { generateKeyPairSync } from "node:crypto"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { HomeroomError } from "../../../src/errors/index.ts"
import { clientId, LyingProvider, person } from "../../support/lying-provider.ts"
import { type LieKeys, lieRows } from "../../support/provider-lies.ts"
import { redirectUri, rsaKey, testProvider } from "./world.ts"

const now = Date.parse("2026-11-24T08:00:00Z")
const lying = new LyingProvider({ ...rsaKey(), clock: () => now })
const keys: LieKeys = {
  other: rsaKey(),
  weak: rsaKey(1024),
  ec: generateKeyPairSync("ec", { namedCurve: "P-256" }),
}
const nonce = "nonce-of-this-login"

beforeAll(() => lying.start())
afterAll(() => lying.close())
beforeEach(() => lying.reset())

describe("R62 what a lying provider says", () => {
  it("no two lies have one name", () => {
    const names = lieRows.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it.each(lieRows)(
    "$rule $name: $outcome",
    async ({ tell, outcome, oidc = "auto", callbackIss, tokenRequests = 1 }) => {
      lying.nonce = nonce
      tell(lying, keys)
      const { provider } = testProvider({
        authUrl: lying.url,
        apiUrl: lying.url,
        clientId,
        clock: () => now,
        oidc,
      })
      let ended: string
      try {
        const redeemed = await provider.redeem({
          code: "code-1",
          redirectUri,
          nonce,
          codeVerifier: null,
          callbackIss: callbackIss?.(lying) ?? null,
        })
        const { identity } = await provider.identify({ redeemed, loginSource: "app", email: false })
        expect(identity.cleverId).toBe(person.id)
        ended = "accepted"
      } catch (error) {
        if (!(error instanceof HomeroomError)) throw error
        ended = error.code
      }
      expect(ended).toBe(outcome)
      // Whatever is answered, a code is sent once, and the keys are asked for at most twice.
      expect(lying.counts.token).toBe(tokenRequests)
      expect(lying.counts.keys).toBeLessThanOrEqual(2)
      expect(lying.counts.discovery).toBeLessThanOrEqual(1)
      expect(lying.counts.other).toBe(0)
      if (ended.startsWith("LOGIN_ID_TOKEN") || ended === "LOGIN_OIDC_UNAVAILABLE")
        expect(lying.counts.me).toBe(0)
    },
  )
})

import { generateKeyPairSync, type KeyObject } from "node:crypto"
import { Provider, type ProviderOptions } from "../../../src/sso/provider/provider.ts"

/** A provider whose waits are written down instead of waited out. */
export function testProvider(options: Partial<ProviderOptions> & { authUrl: URL; apiUrl: URL }): {
  provider: Provider
  waits: number[]
} {
  const waits: number[] = []
  const provider = new Provider({
    clientId: "client-id",
    clientSecret: "canary-client-secret",
    apiVersion: "v3.1",
    oidc: "auto",
    acceptMissingTokenType: true,
    clock: Date.now,
    sleep: async (ms) => {
      waits.push(ms)
    },
    random: () => 1,
    timeoutMs: 5_000,
    maxBodyBytes: 1024 * 1024,
    ...options,
  })
  return { provider, waits }
}

/** A fresh RSA key. */
export function rsaKey(modulusLength = 2048): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync("rsa", { modulusLength })
}

export const redirectUri = "https://app.example/auth/callback"

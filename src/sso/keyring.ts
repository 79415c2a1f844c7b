import { createHash, hkdfSync } from "node:crypto"
import { compactDecrypt } from "jose/jwe/compact/decrypt"
import { CompactEncrypt } from "jose/jwe/compact/encrypt"

/** What a sealed value is for: a value sealed for one purpose opens for no other. */
export type SealPurpose = "clever-txn" | "clever-session" | "clever-bounce"

interface SealKey {
  readonly kid: string
  readonly key: Uint8Array
}

/**
 * Seals small values into cookies: JWE compact, `dir` with A256GCM (RFC 7516), one key for each purpose and secret
 * (HKDF-SHA256, RFC 5869). The first secret seals, all of them open.
 */
export class Keyring {
  readonly #keys: ReadonlyMap<SealPurpose, readonly SealKey[]>
  readonly #host: string

  /** `host` is sealed in: a value made for one host opens on no other. */
  constructor(options: { readonly secrets: readonly string[]; readonly host: string }) {
    const purposes: readonly SealPurpose[] = ["clever-txn", "clever-session", "clever-bounce"]
    this.#host = options.host
    this.#keys = new Map(
      purposes.map((purpose) => [purpose, options.secrets.map((secret) => deriveKey(secret, purpose))]),
    )
  }

  async seal(purpose: SealPurpose, value: object): Promise<string> {
    const [{ kid, key }] = this.#keysFor(purpose) as [SealKey]
    const text = JSON.stringify({ ...value, purpose, host: this.#host })
    return new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid })
      .encrypt(key)
  }

  /** What was sealed, or undefined for anything else: tampered with, of another purpose, key or host. */
  async open(purpose: SealPurpose, sealed: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    if (sealed.length > 8_192 || !isCanonical(sealed)) return undefined
    const kid = kidOf(sealed)
    const key = this.#keysFor(purpose).find((candidate) => candidate.kid === kid)
    if (key === undefined) return undefined
    try {
      const { plaintext } = await compactDecrypt(sealed, key.key, {
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
      })
      const value: unknown = JSON.parse(new TextDecoder().decode(plaintext))
      if (typeof value !== "object" || value === null) return undefined
      const record = value as Readonly<Record<string, unknown>>
      return record.purpose === purpose && record.host === this.#host ? record : undefined
    } catch {
      return undefined
    }
  }

  #keysFor(purpose: SealPurpose): readonly SealKey[] {
    return this.#keys.get(purpose) ?? []
  }
}

function deriveKey(secret: string, purpose: SealPurpose): SealKey {
  const key = new Uint8Array(hkdfSync("sha256", secret, "", `homeroom/${purpose}/v1`, 32))
  return { key, kid: createHash("sha256").update(key).digest("base64url").slice(0, 12) }
}

/**
 * Base64url has spare bits at a part's end, so that different texts mean the same bytes; only the one that we
 * write is taken (R18).
 */
function isCanonical(sealed: string): boolean {
  const parts = sealed.split(".")
  return (
    parts.length === 5 && parts.every((part) => Buffer.from(part, "base64url").toString("base64url") === part)
  )
}

/** The key id of a header that holds exactly what we write: no `zip`, nothing else. */
function kidOf(sealed: string): string | undefined {
  try {
    const header: unknown = JSON.parse(Buffer.from(sealed.split(".", 1)[0] ?? "", "base64url").toString())
    const { alg, enc, kid, ...others } = header as Record<string, unknown>
    const isOurs = alg === "dir" && enc === "A256GCM" && Object.keys(others).length === 0
    return isOurs && typeof kid === "string" ? kid : undefined
  } catch {
    return undefined
  }
}

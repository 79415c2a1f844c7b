import type { KeyObject } from "node:crypto"
import { nodeCrypto } from "../models/index.ts"

/** What a sealed value is for: a value sealed for one purpose opens for no other. */
export type SealPurpose = "clever-txn" | "clever-session" | "clever-bounce"

interface SealKey {
  /** The protected header of everything that this key seals, encoded: it names the key. */
  readonly header: string
  /** The same as bytes: authenticated with the content. */
  readonly authenticated: Buffer
  readonly key: KeyObject
}

const ivBytes = 12
const tagBytes = 16

/**
 * Seals small values into cookies: JWE compact, `dir` with A256GCM (RFC 7516; RFC 7518, sections 4.5 and 5.3), one
 * key for each purpose and secret (HKDF-SHA256, RFC 5869). The first secret seals, all of them open.
 *
 * Written with node:crypto since a cookie is opened with every request: jose has each done by another thread,
 * which takes twenty times as long. One header is written and read, to the letter, so that there is none to parse.
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

  seal(purpose: SealPurpose, value: object): string {
    const [{ header, authenticated, key }] = this.#keysFor(purpose) as [SealKey]
    const iv = nodeCrypto().randomBytes(ivBytes)
    const cipher = nodeCrypto().createCipheriv("aes-256-gcm", key, iv, { authTagLength: tagBytes })
    cipher.setAAD(authenticated)
    const text = JSON.stringify({ ...value, purpose, host: this.#host })
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()])
    // With `dir` the second part, the encrypted key, is empty.
    return [header, "", ...[iv, sealed, cipher.getAuthTag()].map((part) => part.toString("base64url"))].join(
      ".",
    )
  }

  /** What was sealed, or undefined for anything else: tampered with, of another purpose, key or host. */
  open(purpose: SealPurpose, sealed: string): Readonly<Record<string, unknown>> | undefined {
    if (sealed.length > 8_192) return undefined
    const [header, encryptedKey, ...encoded] = sealed.split(".")
    const known = this.#keysFor(purpose).find((candidate) => candidate.header === header)
    const [iv, content, tag, ...others] = encoded.map(decoded)
    if (known === undefined || encryptedKey !== "" || others.length > 0) return undefined
    if (iv?.length !== ivBytes || content === undefined || tag?.length !== tagBytes) return undefined
    try {
      const decipher = nodeCrypto().createDecipheriv("aes-256-gcm", known.key, iv, {
        authTagLength: tagBytes,
      })
      decipher.setAAD(known.authenticated).setAuthTag(tag)
      // Nothing of it is looked at before `final` has found the tag to be right.
      const text = Buffer.concat([decipher.update(content), decipher.final()]).toString()
      const value: unknown = JSON.parse(text)
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
  const bytes = new Uint8Array(nodeCrypto().hkdfSync("sha256", secret, "", `homeroom/${purpose}/v1`, 32))
  const kid = nodeCrypto().createHash("sha256").update(bytes).digest("base64url").slice(0, 12)
  const header = Buffer.from(JSON.stringify({ alg: "dir", enc: "A256GCM", kid })).toString("base64url")
  return { key: nodeCrypto().createSecretKey(bytes), header, authenticated: Buffer.from(header) }
}

/**
 * Base64url has spare bits at a part's end, so that different texts mean the same bytes; only the one that we
 * write is taken (R18).
 */
function decoded(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, "base64url")
  return bytes.toString("base64url") === part ? bytes : undefined
}

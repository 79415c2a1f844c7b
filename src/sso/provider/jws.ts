import type { JWK, CryptoKey as VerifyKey } from "jose"
// Not from "jose": that loads five times as much, on every start of the app.
import { compactVerify } from "jose/jws/compact/verify"
import { importJWK } from "jose/key/import"
import { decodeUtf8, type JsonObject, parseJsonObject } from "./json.ts"

/** The one signature algorithm that is accepted (R7): the OpenID Connect default. */
const algorithm = "RS256"

/** More than any id_token is long. */
const maxLength = 64 * 1024

/** NIST SP 800-131A: no shorter RSA key may sign. */
const minModulusBits = 2048

/** A token or a key that is refused. `reason` is a word of Homeroom's own, and quotes neither. */
export class JwsRefused extends Error {
  override readonly name: string = "JwsRefused"
  readonly reason: string

  constructor(reason: string) {
    super(`The token is refused: ${reason}.`)
    this.reason = reason
  }
}

/** What a verified JWS holds. */
export interface VerifiedJws {
  readonly header: JsonObject
  readonly payload: Uint8Array
}

/**
 * Verifies a JWS in its compact form (RFC 7515, section 7.1) with a key that `findKey` gives for the header's
 * `kid`, and no other: `jwk`, `jku`, `x5c` and `x5u` are not looked at (R7).
 *
 * Stricter than jose, which forgives odd base64url: three parts, none empty, each exactly as an encoder writes
 * it, RS256, and no extension (`crit`, `b64`) whatsoever. Throws `JwsRefused`, and what `findKey` throws.
 */
export async function verifyJws(
  jws: string,
  findKey: (kid: string | undefined) => JWK | Promise<JWK>,
): Promise<VerifiedJws> {
  const header = readHeader(jws)
  const { kid } = header
  if (kid !== undefined && typeof kid !== "string") throw new JwsRefused("kid")
  const key = await importKey(await findKey(kid))
  try {
    const { payload } = await compactVerify(jws, key, { algorithms: [algorithm] })
    return { header, payload }
  } catch {
    throw new JwsRefused("signature")
  }
}

/** The header of a JWS that has the form of one; nothing is verified. */
function readHeader(jws: string): JsonObject {
  const parts = jws.length <= maxLength ? jws.split(".") : []
  if (parts.length !== 3 || !parts.every(isBase64url)) throw new JwsRefused("form")
  const text = decodeUtf8(Buffer.from(parts[0] ?? "", "base64url"))
  const header = text === undefined ? undefined : parseJsonObject(text)
  if (header === undefined) throw new JwsRefused("header")
  if (header.alg !== algorithm) throw new JwsRefused("alg")
  // No extension is understood, so any is a reason to refuse (RFC 7515, section 4.1.11; RFC 7797, section 6).
  if (header.crit !== undefined || header.b64 !== undefined) throw new JwsRefused("crit")
  return header
}

/** Whether an encoder would have written exactly this: no padding, no spaces, no stray bits at the end. */
function isBase64url(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text) && Buffer.from(text, "base64url").toString("base64url") === text
}

/** What was imported, as long as the key set that a key is of is kept: importing takes as long as verifying. */
const imported = new WeakMap<JWK, VerifyKey>()

/** The public key to verify RS256 signatures with. Throws `JwsRefused` for a key that is not meant or fit for it. */
export async function importKey(jwk: JWK): Promise<VerifyKey> {
  const known = imported.get(jwk)
  if (known !== undefined) return known
  const problem = problemOf(jwk)
  if (problem !== undefined) throw new JwsRefused(problem)
  try {
    // Only what the public key consists of, whatever else was published with it.
    const key = await importJWK({ kty: "RSA", n: jwk.n ?? "", e: jwk.e ?? "" }, algorithm)
    if (key instanceof CryptoKey) {
      imported.set(jwk, key)
      return key
    }
  } catch {
    // The answer is the same as for a key of another sort.
  }
  throw new JwsRefused("key")
}

/** Why a key may not verify RS256 signatures (RFC 7517, section 4; RFC 7518, section 6.3); undefined if it may. */
function problemOf(jwk: JWK): string | undefined {
  if (jwk.kty !== "RSA" || typeof jwk.n !== "string" || typeof jwk.e !== "string") return "key type"
  if (jwk.use !== undefined && jwk.use !== "sig") return "key use"
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes("verify"))) {
    return "key use"
  }
  if (jwk.alg !== undefined && jwk.alg !== algorithm) return "key alg"
  return modulusBits(jwk.n) < minModulusBits ? "key size" : undefined
}

function modulusBits(n: string): number {
  const bytes = Buffer.from(n, "base64url")
  const first = bytes.findIndex((byte) => byte !== 0)
  if (first === -1) return 0
  return (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24)
}

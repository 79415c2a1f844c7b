import type { KeyObject } from "node:crypto"
import type { JWK } from "jose"
import { nodeCrypto } from "../../models/index.ts"
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
 *
 * The signature is checked here and now, by node:crypto: jose has it done by another thread, and waking that takes
 * several times as long as the check.
 */
export async function verifyJws(
  jws: string,
  findKey: (kid: string | undefined) => JWK | Promise<JWK>,
): Promise<VerifiedJws> {
  const [first, payload, signature] = readParts(jws)
  const header = readHeader(first)
  const { kid } = header
  if (kid !== undefined && typeof kid !== "string") throw new JwsRefused("kid")
  const key = await importKey(await findKey(kid))
  const signed = Buffer.from(jws.slice(0, jws.lastIndexOf(".")))
  // RS256 (RFC 7518, section 3.3): PKCS #1 v1.5 is the padding of every RSA key unless told otherwise.
  if (!nodeCrypto().verify("sha256", signed, key, signature)) throw new JwsRefused("signature")
  return { header, payload }
}

/** The bytes of header, payload and signature of a JWS that has the form of one. */
function readParts(jws: string): [header: Buffer, payload: Buffer, signature: Buffer] {
  const parts = jws.length <= maxLength ? jws.split(".").map(decoded) : []
  const [header, payload, signature] = parts
  const isWhole = parts.length === 3 && header !== undefined && payload !== undefined
  if (isWhole && signature !== undefined) return [header, payload, signature]
  throw new JwsRefused("form")
}

/** The header; nothing is verified. */
function readHeader(bytes: Uint8Array): JsonObject {
  const text = decodeUtf8(bytes)
  const header = text === undefined ? undefined : parseJsonObject(text)
  if (header === undefined) throw new JwsRefused("header")
  if (header.alg !== algorithm) throw new JwsRefused("alg")
  // No extension is understood, so any is a reason to refuse (RFC 7515, section 4.1.11; RFC 7797, section 6).
  if (header.crit !== undefined || header.b64 !== undefined) throw new JwsRefused("crit")
  return header
}

/** The bytes, if an encoder would have written exactly this: no padding, no spaces, no stray bits at the end. */
function decoded(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url")
  return text !== "" && bytes.toString("base64url") === text ? bytes : undefined
}

/** What was imported, as long as the key set that a key is of is kept: importing takes as long as verifying. */
const imported = new WeakMap<JWK, KeyObject>()

/** The public key to verify RS256 signatures with. Throws `JwsRefused` for a key that is not meant or fit for it. */
export async function importKey(jwk: JWK): Promise<KeyObject> {
  const known = imported.get(jwk)
  if (known !== undefined) return known
  const problem = problemOf(jwk)
  if (problem !== undefined) throw new JwsRefused(problem)
  // With the first key, not with the app: loading it takes as long as all of openid-client.
  const { importJWK } = await import("jose/key/import")
  try {
    // Only what the public key consists of, whatever else was published with it.
    const key = await importJWK({ kty: "RSA", n: jwk.n ?? "", e: jwk.e ?? "" }, algorithm)
    if (key instanceof CryptoKey) {
      const usable = nodeCrypto().KeyObject.from(key)
      imported.set(jwk, usable)
      return usable
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

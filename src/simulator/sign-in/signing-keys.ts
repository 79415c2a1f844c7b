import { generateKeyPair, type KeyObject, randomBytes, sign } from "node:crypto"
import { promisify } from "node:util"
import type { JsonObject } from "../json.ts"

interface SigningKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

/** The keys with which id_tokens are signed (RS256). The first is made when it is first needed: about 100 ms. */
export class SigningKeys {
  #keys: Promise<SigningKey>[] = []

  /** A new key signs from now on. The old ones leave the published set at once, unless `keepOld`. */
  rotate(options: { keepOld?: boolean | undefined } = {}): void {
    const fresh = newKey()
    this.#keys = options.keepOld === true ? [fresh, ...this.#keys] : [fresh]
  }

  /** The public keys as the JWKS shows them, newest first. */
  async published(): Promise<JsonObject[]> {
    if (this.#keys.length === 0) this.rotate()
    const keys = await Promise.all(this.#keys)
    return keys.map(({ kid, publicKey }) => ({
      ...publicKey.export({ format: "jwk" }),
      kid,
      use: "sig",
      alg: "RS256",
    }))
  }

  /** A compact JWS of these claims, signed with the newest key; `header` is laid over its header. */
  async sign(claims: JsonObject, header: JsonObject = {}): Promise<string> {
    if (this.#keys.length === 0) this.rotate()
    const { kid, privateKey } = (await this.#keys[0]) as SigningKey
    const input = `${encoded({ alg: "RS256", typ: "JWT", kid, ...header })}.${encoded(claims)}`
    return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`
  }
}

const encoded = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString("base64url")

async function newKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 })
  return { kid: randomBytes(8).toString("hex"), privateKey, publicKey }
}

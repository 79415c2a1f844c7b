import { createHmac, createSign, type KeyObject, sign } from "node:crypto"
import { encode, type LyingProvider, person, type TokenParts } from "../lying-provider.ts"
import type { LieKeys } from "./lie-row.ts"

export const invalid = "LOGIN_ID_TOKEN_INVALID"
export const unavailable = "LOGIN_OIDC_UNAVAILABLE"

/** An id_token with other claims, properly signed. */
export function claims(
  change: (honest: Record<string, unknown>, lying: LyingProvider) => Record<string, unknown>,
) {
  return (lying: LyingProvider): void => {
    const { header, claims: honest } = lying.honestToken()
    tellIdToken(lying, lying.sign({ header, claims: change(honest, lying) }))
  }
}

/** An id_token with other claims written as JSON text, which can hold what an object can't. */
export function claimsText(change: (honest: string) => string) {
  return (lying: LyingProvider): void => {
    const { header, claims: honest } = lying.honestToken()
    tellIdToken(lying, lying.signText(encode(header), encode(change(JSON.stringify(honest)))))
  }
}

/** An id_token with another header, properly signed with RS256. */
export function header(change: (honest: Record<string, unknown>, keys: LieKeys) => Record<string, unknown>) {
  return (lying: LyingProvider, keys: LieKeys): void => {
    const { header: honest, claims: rest } = lying.honestToken()
    tellIdToken(lying, lying.sign({ header: change(honest, keys), claims: rest }))
  }
}

/** The honest id_token, changed as text. */
export function token(change: (honest: string, lying: LyingProvider) => string) {
  return (lying: LyingProvider): void => tellIdToken(lying, change(lying.sign(lying.honestToken()), lying))
}

/** An id_token that says another algorithm and is signed with it. */
export function signedWith(
  alg: string,
  make: (input: string, lying: LyingProvider, keys: LieKeys) => string,
) {
  return (lying: LyingProvider, keys: LieKeys): void => {
    const parts: TokenParts = lying.honestToken()
    const input = `${encode({ ...parts.header, alg })}.${encode(parts.claims)}`
    tellIdToken(lying, `${input}.${make(input, lying, keys)}`)
  }
}

export function tellIdToken(lying: LyingProvider, idToken: unknown): void {
  lying.lies.token = () => ({
    body: { access_token: lying.accessToken, token_type: "bearer", id_token: idToken },
  })
}

/** Other keys at the keys' address. */
export function keySet(
  change: (honest: Record<string, unknown>, keys: LieKeys) => unknown[],
  signer?: "kid-absent",
) {
  return (lying: LyingProvider, keys: LieKeys): void => {
    lying.lies.keys = () => ({ body: { keys: change(lying.honestJwk(), keys) } })
    if (signer === undefined) return
    const { header: honest, claims: rest } = lying.honestToken()
    tellIdToken(lying, lying.sign({ header: without(honest, "kid"), claims: rest }))
  }
}

export function discovery(
  change: (honest: Record<string, unknown>, lying: LyingProvider) => Record<string, unknown>,
) {
  return (lying: LyingProvider): void => {
    lying.lies.discovery = (asked) => ({ body: change(asked.honest as Record<string, unknown>, lying) })
  }
}

export function tokenAnswer(change: (honest: Record<string, unknown>) => unknown) {
  return (lying: LyingProvider): void => {
    lying.lies.token = (asked) => ({ body: change(asked.honest as Record<string, unknown>) })
  }
}

/** `/me`, `/users/{id}` or `/userinfo` with another answer. */
export function api(
  endpoint: "me" | "user" | "userinfo",
  change: (data: Record<string, unknown>) => unknown,
) {
  return (lying: LyingProvider): void => {
    lying.lies[endpoint] = (asked) => {
      const honest = asked.honest as { data?: Record<string, unknown> }
      return { body: honest.data === undefined ? change({ ...honest }) : { data: change(honest.data) } }
    }
  }
}

export function without(object: Record<string, unknown>, name: string): Record<string, unknown> {
  const { [name]: _, ...rest } = object
  return rest
}

export function publicJwk(pair: { readonly publicKey: KeyObject }, more: object): Record<string, unknown> {
  return { ...pair.publicKey.export({ format: "jwk" }), ...more }
}

export const pem = { type: "spki", format: "pem" } as const
export const pss = { padding: 6, saltLength: 32 }

/** Makes it a Library login whose user can't be read. */
export function library(lying: LyingProvider): void {
  lying.isOidc = false
  lying.lies.me = () => ({ body: { data: { id: person.id, type: "user", authorized_by: "teacher" } } })
  lying.lies.user = () => ({ status: 404, body: "" })
  lying.lies.userinfo = () => ({
    body: {
      sub: person.id,
      multi_role_user_id: person.id,
      user_id: person.legacyId,
      user_type: "student",
      authorized_by: "teacher",
      name: { first: person.first, last: "P" },
    },
  })
}

export function rs256(input: string, key: KeyObject): string {
  return createSign("sha256").update(input).sign(key).toString("base64url")
}

export function es256(input: string, key: KeyObject): string {
  return sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")
}

export function hs256(input: string, secret: string): string {
  return createHmac("sha256", secret).update(input).digest("base64url")
}

export function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1)
}

/** The signature's last character with bits that decoding drops: 256 bytes leave four of its six unused. */
export function strayBits(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? "A") + 1]
}

export function jsonForm(text: string): string {
  const [protectedPart, payload, signature] = text.split(".")
  return JSON.stringify({ protected: protectedPart, payload, signature })
}

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"

/** For how long a page's forms can be sent. */
const validForMs = 12 * 3_600_000
/** Clocks of several processes differ. */
const aheadMs = 300_000

/**
 * The token that every form of the console carries: bound to who it was made for, valid for twelve hours, another one on
 * every page. Keeps nothing: any process with the same secret knows it.
 */
export class CsrfTokens {
  readonly #secrets: readonly string[]
  readonly #clock: () => number

  /** The first secret makes tokens, all of them are good for checking. */
  constructor(secrets: readonly string[], clock: () => number) {
    this.#secrets = secrets
    this.#clock = clock
  }

  make(actor: string): string {
    const [secret = ""] = this.#secrets
    const head = `${this.#clock().toString(36)}.${randomBytes(9).toString("base64url")}`
    return `${head}.${macOf(secret, head, actor)}`
  }

  isValid(token: string, actor: string): boolean {
    if (token.length > 200) return false
    const [time = "", nonce = "", mac = "", ...others] = token.split(".")
    if (others.length > 0) return false
    const given = Buffer.from(mac)
    const isOurs = this.#secrets.some((secret) => {
      const expected = Buffer.from(macOf(secret, `${time}.${nonce}`, actor))
      return expected.length === given.length && timingSafeEqual(expected, given)
    })
    const ageMs = this.#clock() - Number.parseInt(time, 36)
    return isOurs && ageMs <= validForMs && ageMs >= -aheadMs
  }
}

function macOf(secret: string, head: string, actor: string): string {
  return createHmac("sha256", secret)
    .update(`homeroom/console-form/v1\n${head}\n${actor}`)
    .digest("base64url")
}

import type { Findings } from "./check.ts"

const warnAboveMs = 30_000
const failAboveMs = 5 * 60_000
/** An id_token from further in the future is refused (`src/sso/provider/id-token.ts`). */
const behindForLoginMs = 60_000

/** Compares this machine's clock with the server's, by the `Date` of its answers. */
export class ClockCheck {
  #differenceMs: number | undefined

  /** `fetch`, watched. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const sentMs = Date.now()
    const response = await fetch(input, init)
    const server = Date.parse(response.headers.get("date") ?? "")
    // The header counts whole seconds, and the answer was on its way for a while.
    const here = (sentMs + Date.now()) / 2
    if (!Number.isNaN(server)) this.#differenceMs = here - (server + 500)
    return response
  }

  /** `idTokens`: whether logins may bring one, which the clock must fit. */
  addTo(findings: Findings, { idTokens }: { idTokens: boolean }): void {
    if (this.#differenceMs === undefined) return
    const isTooFarBehind = idTokens && -this.#differenceMs > behindForLoginMs
    const seconds = Math.round(Math.abs(this.#differenceMs) / 1_000)
    const direction = this.#differenceMs > 0 ? "ahead of" : "behind"
    const message = `This machine's clock is ${seconds} s ${direction} Clever's.`
    const remedy = isTooFarBehind
      ? "Set the clock (NTP): to it every id_token comes from the future, and is refused beyond 60 s."
      : "Set the clock (NTP): sign-in and the age of events are judged by it."
    if (isTooFarBehind || Math.abs(this.#differenceMs) > failAboveMs) findings.fail("clock", message, remedy)
    else if (Math.abs(this.#differenceMs) > warnAboveMs) findings.warn("clock", message, remedy)
    else findings.ok("clock", "This machine's clock agrees with Clever's.")
  }
}

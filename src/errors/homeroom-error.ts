import { type ErrorCode, errorCodes } from "./codes.ts"
import { type ErrorDetails, redactDetails, redactText } from "./redact.ts"

const brand = Symbol.for("homeroom.error")

export interface HomeroomErrorOptions {
  /** What happened in this case, in one sentence. Default: the code's summary. */
  message?: string | undefined
  /** Ids, counts, paths and statuses; never a person's data or a secret (redacted all the same). Default: none. */
  details?: ErrorDetails | undefined
  /** The lower-level error, kept for debuggers. Default: none. */
  cause?: unknown | undefined
}

/**
 * The one error class of Homeroom.
 *
 * `code` is stable and documented in `docs/errors.md`; `message` says what happened and what to do;
 * `retryable` says whether the same call may succeed later. No message holds a token, a name or an
 * e-mail address.
 */
export class HomeroomError extends Error {
  override readonly name: string = "HomeroomError"
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly httpStatus: number
  details: Readonly<Record<string, string | number | boolean | null>>

  constructor(code: ErrorCode, options: HomeroomErrorOptions = {}) {
    const info = errorCodes[code]
    super(redactText(`${options.message ?? info.summary} ${info.remedy}`), { cause: options.cause })
    this.code = code
    this.retryable = info.retryable
    this.httpStatus = info.httpStatus
    this.details = redactDetails(options.details ?? {})
    Object.defineProperty(this, brand, { value: true })
  }

  /** Where the code is explained, relative to the package's documentation. */
  get docs(): string {
    return `docs/errors.md#${this.code.toLowerCase().replaceAll("_", "-")}`
  }

  /** Adds what a caller knows besides, as which run failed; returns the error itself. */
  withDetails(details: ErrorDetails): this {
    this.details = { ...this.details, ...redactDetails(details) }
    return this
  }

  /** For logs: code, message and details, redacted. */
  toJSON(): Record<string, unknown> {
    return { code: this.code, message: this.message, retryable: this.retryable, details: this.details }
  }
}

/** True for a HomeroomError of any installed copy of the package. Never throws. */
export function isHomeroomError(value: unknown): value is HomeroomError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true
}

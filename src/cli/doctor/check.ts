import { HomeroomError, isHomeroomError } from "../../errors/index.ts"

/** Something the doctor has looked at. */
export interface Check {
  /** What was looked at: `credentials`, `events`. */
  name: string
  /** Null for what concerns all districts. */
  district: string | null
  /** `not configured` is neither good nor bad: the app does not use what would have been looked at. */
  status: "ok" | "warning" | "failed" | "not configured"
  /** What was found. */
  message: string
  /** What to do about it; null where nothing is to be done or the message says it. */
  remedy: string | null
}

/** Makes the checks of one district, or those of all. */
export class Findings {
  readonly checks: Check[] = []

  ok(name: string, message: string, district: string | null = null): void {
    this.checks.push({ name, district, status: "ok", message, remedy: null })
  }

  warn(name: string, message: string, remedy: string, district: string | null = null): void {
    this.checks.push({ name, district, status: "warning", message, remedy })
  }

  fail(name: string, message: string, remedy: string, district: string | null = null): void {
    this.checks.push({ name, district, status: "failed", message, remedy })
  }

  skip(name: string, message: string, district: string | null = null): void {
    this.checks.push({ name, district, status: "not configured", message, remedy: null })
  }

  /** A failure with the words of its error, which say what to do as well. */
  failWith(name: string, error: unknown, district: string | null = null): void {
    const failure = isHomeroomError(error) ? error : new HomeroomError("INTERNAL", { cause: error })
    const message = `${failure.code}: ${failure.message}`
    this.checks.push({ name, district, status: "failed", message, remedy: null })
  }
}

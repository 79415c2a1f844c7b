import { redactText } from "../../errors/index.ts"
import type { TargetChange } from "./target.ts"

/** What a target's error says of itself. */
export interface TargetFailure {
  /**
   * `unavailable`: the target can't be reached; `refused`: it will never take the record as it is; `unknown`: it does
   * not say.
   */
  readonly verdict: "unavailable" | "refused" | "unknown"
  readonly code: string | null
  /** As it was thrown: it may quote the record. */
  readonly error: unknown
}

/** What Node and SQLite say when another machine or process does not let them. */
const absentCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_SOCKET",
  "SQLITE_BUSY",
  "SQLITE_LOCKED",
])

/** SQLSTATE classes of a database that is away, out of resources, or being shut down. */
const absentStates = /^(?:08[0-9A-Z]{3}|53[0-9A-Z]{3}|57P\d\d)$/

const longestMessage = 200
const deepestCause = 5

export function failureOf(error: unknown): TargetFailure {
  const chain = causesOf(error)
  const code = chain.map(codeOf).find((found) => found !== undefined) ?? null
  return { verdict: verdictOf(chain), code, error }
}

/**
 * The error's message up to the end of its first line, without the record's values, e-mail addresses, tokens and long
 * numbers: databases like to quote what they refuse.
 */
export function redactedMessage(error: unknown, change: TargetChange): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : "Not an error was thrown."
  const [line = ""] = text.split(/[\r\n]/, 1)
  // More than is kept, so that a value that the cut goes through is still found whole.
  let safe = redactText(line.slice(0, 4 * longestMessage))
  for (const pattern of patternsOf(change)) safe = safe.replace(pattern, "[redacted]")
  safe = safe.replace(/\d[\d.,:/-]{3,}/g, "[redacted]").replace(/(?:\[redacted\][\s,;]*){2,}/g, "[redacted] ")
  return safe.slice(0, longestMessage).trim()
}

function verdictOf(chain: readonly object[]): TargetFailure["verdict"] {
  for (const error of chain) {
    const { retryable } = error as { retryable?: unknown }
    if (retryable === true) return "unavailable"
    if (retryable === false) return "refused"
  }
  const isAway = chain.map(codeOf).some((code) => {
    return code !== undefined && (absentCodes.has(code) || absentStates.test(code))
  })
  return isAway ? "unavailable" : "unknown"
}

/** The error, what caused it, and the first of those gathered in it. */
function causesOf(error: unknown, depth = 0): object[] {
  if (typeof error !== "object" || error === null || depth > deepestCause) return []
  const { cause, errors } = error as { cause?: unknown; errors?: unknown }
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : []
  return [error, ...causesOf(cause, depth + 1), ...causesOf(first, depth + 1)]
}

function codeOf(error: object): string | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  // As node:sqlite says it, whose `code` is the same for everything.
  if (errcode === 5) return "SQLITE_BUSY"
  if (errcode === 6) return "SQLITE_LOCKED"
  return typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code) ? code : undefined
}

/** Whole values wherever they stand, and their words where they stand alone. */
function patternsOf({ before, after }: TargetChange): RegExp[] {
  const values = new Set<string>()
  collectTexts(before, values)
  collectTexts(after, values)
  const words = [...values].flatMap((value) => value.match(/[\p{L}\p{N}]{2,}/gu) ?? [])
  const long = [...values].filter(({ length }) => length >= 4)
  return [anyOf(long, ""), anyOf([...values, ...words], "[\\p{L}\\p{N}_]")]
}

/** Matches any of the texts, the longest first, and not next to a character of the class `apart`. */
function anyOf(texts: readonly string[], apart: string): RegExp {
  const choices = [...new Set(texts)]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
  if (choices.length === 0) return /(?!)/
  const choice = `(?:${choices.join("|")})`
  return new RegExp(apart === "" ? choice : `(?<!${apart})${choice}(?!${apart})`, "giu")
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === "string" && value.trim() !== "") texts.add(value.trim())
  else if (typeof value === "number") texts.add(String(value))
  else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) collectTexts(inner, texts)
  }
}

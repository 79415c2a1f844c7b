import { type ErrorCode, HomeroomError, isHomeroomError } from "../../errors/index.ts"

/** `SQLSTATE`s: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const conflicts = new Set(["40001", "40P01"])
const waits = new Set(["55P03", "57014"])
/** Ended by an administrator, crashed, starting up, or idle in a transaction for too long. */
const ends = new Set(["57P01", "57P02", "57P03", "57P05", "25P03", "25P04"])
const refusals = new Set(["28000", "28P01", "3D000"])
const network = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
  "EACCES",
])

function codeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: readonly unknown[] }
  // Where a host has several addresses, Node tells of each.
  if (code === undefined && errors?.[0] !== undefined) return codeOf(errors[0])
  return typeof code === "string" ? code : ""
}

/** True if the transaction lost to another one, and may well succeed if it is made again. */
export function isConflict(error: unknown): boolean {
  return conflicts.has(codeOf(error))
}

/** True if somebody waited longer than `lock_timeout` allows. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === "55P03"
}

/**
 * True if the connection is gone, so that nobody knows what became of a commit under way. One on which `pg` has given up
 * waiting for an answer (`query_timeout`) is as good as gone: the answer may still come, to nobody.
 */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error)
  if (ends.has(code) || code.startsWith("08") || network.has(code)) return true
  return /connection (?:terminated|ended|error)|not queryable|timeout expired|timeout exceeded|read timeout/i.test(
    (error as Error | undefined)?.message ?? "",
  )
}

/** True if the role may not do that. */
export function isForbidden(error: unknown): boolean {
  return codeOf(error) === "42501"
}

/**
 * PostgreSQL's error as one of Homeroom's; anything else as it is. Messages of the server name roles, databases and
 * addresses, never a password; its details, which may quote a row, are left out.
 */
export function asStorageError(error: unknown): unknown {
  if (isHomeroomError(error)) return error
  const code = codeOf(error)
  const told = messageOf(error)
  const make = (errorCode: ErrorCode, message?: string): HomeroomError =>
    new HomeroomError(errorCode, {
      ...(message === undefined ? {} : { message }),
      details: { sqlState: code },
      cause: withoutRows(error),
    })
  if (code === "53100") return make("STORAGE_FULL")
  if (waits.has(code) || conflicts.has(code))
    return make("STORAGE_BUSY", `PostgreSQL gave up waiting: ${told}.`)
  if (code === "53300") return make("STORAGE_UNREACHABLE", `PostgreSQL has no connection left: ${told}.`)
  if (refusals.has(code)) return make("STORAGE_UNREADABLE", `PostgreSQL refused the login: ${told}.`)
  if (isConnectionLost(error)) return make("STORAGE_UNREACHABLE", `PostgreSQL can't be reached: ${told}.`)
  if (isForbidden(error)) return make("STORAGE_UNREADABLE", `PostgreSQL refused: ${told}.`)
  if (/^[0-9A-Z]{5}$/.test(code)) return make("STORAGE_UNREADABLE", `PostgreSQL failed: ${told}.`)
  return error
}

function messageOf(error: unknown): string {
  const { message, errors } = error as { message?: string; errors?: readonly { message: string }[] }
  return (message || errors?.[0]?.message || String(error)).replace(/\.$/, "")
}

/** Fields in which the server may quote what a row holds. */
const quoting = ["detail", "where", "internalQuery", "hint"]

function withoutRows(error: unknown): unknown {
  if (typeof error === "object" && error !== null) {
    for (const field of quoting) if (field in error) Reflect.deleteProperty(error, field)
  }
  return error
}

import { type ErrorCode, HomeroomError } from "../errors/index.ts"

/** What Clever's redirect may carry; everything else in the address is passed over. */
export interface CallbackParameters {
  readonly code: string | null
  /** Null if absent; never empty. */
  readonly state: string | null
  readonly error: string | null
  /** RFC 9207. */
  readonly iss: string | null
}

const longest = 2_048

/**
 * Reads a callback's query strictly: each name once, none with brackets after it, none longer than 2 KB, none of
 * those that count empty (R5). Throws `LOGIN_REQUEST_INVALID`.
 */
export function readCallbackParameters(query: URLSearchParams): CallbackParameters {
  for (const name of query.keys()) {
    if (/^(code|state|error|error_description|error_uri|iss|scope)[[.]/.test(name)) throw refused(name)
  }
  for (const name of ["error_description", "error_uri", "scope"]) single(query, name)
  return {
    code: filled(query, "code"),
    state: filled(query, "state"),
    error: filled(query, "error"),
    iss: single(query, "iss"),
  }
}

function filled(query: URLSearchParams, name: string): string | null {
  const value = single(query, name)
  if (value === "") throw refused(name)
  return value
}

function single(query: URLSearchParams, name: string): string | null {
  const [value, ...more] = query.getAll(name)
  if (more.length > 0 || (value?.length ?? 0) > longest) throw refused(name)
  return value ?? null
}

function refused(parameter: string): HomeroomError {
  const name = /^\w+/.exec(parameter)?.[0] ?? ""
  return new HomeroomError("LOGIN_REQUEST_INVALID", { details: { parameter: name } })
}

/** Clever's spelling and OAuth's (RFC 6749 §4.1.2.1); whatever else comes is one code, and never shown (R40). */
const knownErrors: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["unauthorized-user", "LOGIN_UNAUTHORIZED_USER"],
  ["unauthorized_user", "LOGIN_UNAUTHORIZED_USER"],
  ["access_denied", "LOGIN_DENIED"],
])

/** The code for an `error` that Clever sent. */
export function codeOfCleverError(error: string): ErrorCode {
  return knownErrors.get(error) ?? "LOGIN_CLEVER_ERROR"
}

/**
 * What may be kept of a lower-level error as the cause of ours: the codes (`ECONNRESET`) along its chain.
 *
 * The error itself can hold the request with its Authorization header (those of some HTTP clients do) or pieces of the
 * body (JSON.parse's do).
 */
export function safeCause(error: unknown): Error {
  const codes = foreignCodes(error)
  return new Error(codes.length > 0 ? codes.join(", ") : "The connection failed.")
}

/** The codes of an error that is not ours and of its causes. */
export function foreignCodes(error: unknown): string[] {
  const codes: string[] = []
  let at: unknown = error
  for (let depth = 0; depth < 5 && typeof at === "object" && at !== null; depth++) {
    const { code, cause } = at as { code?: unknown; cause?: unknown }
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) && !codes.includes(code))
      codes.push(code)
    at = cause
  }
  return codes
}

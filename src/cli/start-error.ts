import { HomeroomError } from "../errors/index.ts"

/** Throws what kept a server from starting in words for whoever started it. */
export function asStartError(error: unknown): never {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === "EADDRINUSE" || code === "EACCES") {
    const problem = code === "EACCES" ? "may not be used by this account" : "is in use"
    throw new HomeroomError("INVALID_OPTIONS", {
      message: `Port ${port} of --port ${problem}.`,
      cause: error,
    })
  }
  if (error instanceof RangeError)
    throw new HomeroomError("INVALID_OPTIONS", { message: error.message, cause: error })
  throw error
}

import { type ErrorCode, errorCodes, HomeroomError, isHomeroomError } from "../../errors/index.ts"

/** What the storage sends to its writer thread, one at a time. */
export interface ThreadRequest {
  name: string
  rest: unknown[]
  /** Rises with every other write that follows a failed batch: then a run may stage again. */
  epoch: number
}

/** What comes back. */
export interface ThreadAnswer {
  /** The memory that the contents came in. */
  memory?: ArrayBuffer | undefined
  result?: unknown
  error?: PackedError
}

/** An error on its way between threads: the class does not survive a message. */
export interface PackedError {
  code?: ErrorCode
  message: string
  details?: HomeroomError["details"]
}

export function packError(error: unknown): PackedError {
  if (!isHomeroomError(error)) return { message: String(error) }
  const { code, details } = error
  // The constructor adds the remedy again.
  return { code, message: error.message.slice(0, -errorCodes[code].remedy.length - 1), details }
}

export function unpackError({ code, message, details }: PackedError): Error {
  return code === undefined
    ? new Error(message)
    : new HomeroomError(code, { message, details: details ?? {} })
}

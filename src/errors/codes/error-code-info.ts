/**
 * What is known of an error code.
 *
 * `summary` is what the code means, `remedy` what to do about it, in words for whoever runs the import.
 * `retryable` says whether the same call may succeed later without anything being changed.
 * `httpStatus` is what an HTTP door answers when it meets the error.
 */
export interface ErrorCodeInfo {
  summary: string
  remedy: string
  retryable: boolean
  httpStatus: number
}

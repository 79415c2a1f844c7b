import type { ErrorCodeInfo } from "./error-code-info.ts"

/** The codes of what may happen whatever Homeroom is used for. */
export type GeneralErrorCode = "INVALID_OPTIONS" | "ABORTED" | "OUTPUT_UNWRITABLE" | "INTERNAL"

export const generalErrorCodes: Readonly<Record<GeneralErrorCode, ErrorCodeInfo>> = {
  INVALID_OPTIONS: {
    summary: "An option or argument has the wrong form.",
    remedy: "Correct the option that the message names.",
    retryable: false,
    httpStatus: 400,
  },
  ABORTED: {
    summary: "The caller's signal aborted the operation.",
    remedy: "Run it again; an import goes on from its last staged page.",
    retryable: true,
    httpStatus: 499,
  },
  OUTPUT_UNWRITABLE: {
    summary: "A command's output can't be written.",
    remedy: "Make room or choose another place. What the command did stands: see homeroom history.",
    retryable: false,
    httpStatus: 500,
  },
  INTERNAL: {
    summary: "Something happened that Homeroom does not expect.",
    remedy: "Report it with the cause of this error; the import can be run again.",
    retryable: false,
    httpStatus: 500,
  },
}

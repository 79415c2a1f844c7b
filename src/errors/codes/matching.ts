import type { ErrorCodeInfo } from "./error-code-info.ts"

/** The codes of matching people to accounts. */
export type MatchingErrorCode = "REVIEW_NOT_FOUND" | "REVIEW_NOT_OPEN" | "ACCOUNTS_UNREADABLE"

export const matchingErrorCodes: Readonly<Record<MatchingErrorCode, ErrorCodeInfo>> = {
  REVIEW_NOT_FOUND: {
    summary: "There is no review with this id.",
    remedy: "List the open ones; the id is that of the review, not of the person.",
    retryable: false,
    httpStatus: 404,
  },
  REVIEW_NOT_OPEN: {
    summary: "The review has been decided, or has settled itself: there is nothing to decide any more.",
    remedy: "Look at the review as it is now.",
    retryable: false,
    httpStatus: 409,
  },
  ACCOUNTS_UNREADABLE: {
    summary: "The list of the app's accounts can't be read, so nothing was matched.",
    remedy:
      "Correct the file at the line named: it must be CSV in UTF-8 with the header that docs/matching.md shows.",
    retryable: false,
    httpStatus: 400,
  },
}

import type { ErrorCodeInfo } from "./error-code-info.ts"

/** The codes of the console. */
export type ConsoleErrorCode =
  | "CONSOLE_AUTHORIZE_MISSING"
  | "CONSOLE_NOT_ALLOWED"
  | "CONSOLE_FORM_REFUSED"
  | "CONSOLE_PAGE_NOT_FOUND"

export const consoleErrorCodes: Readonly<Record<ConsoleErrorCode, ErrorCodeInfo>> = {
  CONSOLE_AUTHORIZE_MISSING: {
    summary: "The console was to start without an `authorize` function, and so without a guard.",
    remedy: "Give createConsole an authorize(request) that returns who it is and what they may do, or null.",
    retryable: false,
    httpStatus: 500,
  },
  CONSOLE_NOT_ALLOWED: {
    summary: "The app's `authorize` does not let this person do this in the console.",
    remedy: "Ask whoever looks after the app for the role, or do it as somebody who has it.",
    retryable: false,
    httpStatus: 403,
  },
  CONSOLE_FORM_REFUSED: {
    summary: "A form of the console came from another site, without its token, or with one that is too old.",
    remedy: "Open the page anew and send the form again.",
    retryable: true,
    httpStatus: 403,
  },
  CONSOLE_PAGE_NOT_FOUND: {
    summary: "The console has no such page.",
    remedy: "Go to its first page, and on from there.",
    retryable: false,
    httpStatus: 404,
  },
}

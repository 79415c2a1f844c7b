import type { ErrorCodeInfo } from "./error-code-info.ts"

/** The codes of calling Clever. */
export type CleverErrorCode =
  | "CLEVER_CREDENTIALS_MISSING"
  | "CLEVER_CREDENTIALS_REJECTED"
  | "CLEVER_DISTRICT_NOT_CONNECTED"
  | "CLEVER_TOKEN_REJECTED"
  | "CLEVER_UNREACHABLE"
  | "CLEVER_UNAVAILABLE"
  | "CLEVER_RATE_LIMITED"
  | "CLEVER_NOT_FOUND"
  | "CLEVER_REQUEST_REFUSED"
  | "CLEVER_BODY_INVALID"
  | "CLEVER_BODY_TOO_LARGE"
  | "CLEVER_LINK_FOREIGN"
  | "CLEVER_PAGES_LOOP"
  | "CLEVER_EVENTS_UNAVAILABLE"

export const cleverErrorCodes: Readonly<Record<CleverErrorCode, ErrorCodeInfo>> = {
  CLEVER_CREDENTIALS_MISSING: {
    summary: "No Clever client id and secret, and no district token, were given.",
    remedy: "Set CLEVER_CLIENT_ID and CLEVER_CLIENT_SECRET, or CLEVER_DISTRICT_TOKEN.",
    retryable: false,
    httpStatus: 500,
  },
  CLEVER_CREDENTIALS_REJECTED: {
    summary: "Clever does not accept the client id and secret.",
    remedy:
      "Copy both again from the Clever dashboard (Settings > App Settings); a rotated secret needs the new one.",
    retryable: false,
    httpStatus: 502,
  },
  CLEVER_DISTRICT_NOT_CONNECTED: {
    summary: "Clever holds no token for this district: it is unknown, or no longer connected to this app.",
    remedy:
      "Check the Clever District ID, and that the district is connected to the app these credentials belong to.",
    retryable: false,
    httpStatus: 404,
  },
  CLEVER_TOKEN_REJECTED: {
    summary:
      "Clever refuses a token: a district's and a fresh one as well, or that of the person logging in.",
    remedy: "Check in the Clever dashboard that the district still shares data with this app.",
    retryable: false,
    httpStatus: 502,
  },
  CLEVER_UNREACHABLE: {
    summary: "Clever could not be reached, or the connection broke, after every retry.",
    remedy: "Check the network and the Clever host names; the import can simply be run again.",
    retryable: true,
    httpStatus: 503,
  },
  CLEVER_UNAVAILABLE: {
    summary: "Clever answered with a server error after every retry.",
    remedy: "See status.clever.com and run the import again later.",
    retryable: true,
    httpStatus: 503,
  },
  CLEVER_RATE_LIMITED: {
    summary: "Clever kept answering 429 after every wait.",
    remedy: "Another program uses the same token heavily; run the import again later.",
    retryable: true,
    httpStatus: 503,
  },
  CLEVER_NOT_FOUND: {
    summary:
      "Clever answered 404: the record is unshared or deleted, or the token does not reach that address.",
    remedy: "Check what the district shares and that the app has Secure Sync.",
    retryable: false,
    httpStatus: 404,
  },
  CLEVER_REQUEST_REFUSED: {
    summary: "Clever refused the request itself (400, 403, 413, 501 or an unexpected status).",
    remedy:
      "With 403 the token may not read this list: check the app's scopes in the Clever dashboard and run homeroom doctor --district ID. With another status report it with the status and path in the details; repeating the request does not help.",
    retryable: false,
    httpStatus: 502,
  },
  CLEVER_BODY_INVALID: {
    summary: "Clever's answer is not the JSON it should be: torn, an HTML page, or without its envelope.",
    remedy: "Run the import again; if it stays, check the API host for a proxy that rewrites answers.",
    retryable: true,
    httpStatus: 502,
  },
  CLEVER_BODY_TOO_LARGE: {
    summary: "An answer is larger than the configured limit.",
    remedy: "Lower pageSize, or raise maxBodyBytes.",
    retryable: false,
    httpStatus: 502,
  },
  CLEVER_LINK_FOREIGN: {
    summary: "A paging link or redirect leads away from the configured Clever host; it was not followed.",
    remedy: "Check that the API address is Clever's own, without a proxy in between.",
    retryable: false,
    httpStatus: 502,
  },
  CLEVER_PAGES_LOOP: {
    summary: "Clever's pages repeat or run backwards, so the listing can't be trusted to be complete.",
    remedy: "Run the import again; nothing was archived or changed.",
    retryable: true,
    httpStatus: 502,
  },
  CLEVER_EVENTS_UNAVAILABLE: {
    summary: "The Events API is not enabled for this app, or the token may not read it.",
    remedy:
      "Enable events in the Clever dashboard (Settings > Integrations); until then every import is a bulk import.",
    retryable: false,
    httpStatus: 502,
  },
}

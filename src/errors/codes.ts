/**
 * Every error code of Homeroom, in one place: `docs/errors.md` is generated from it.
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

/** A stable, documented error code: see `docs/errors.md`. */
export type ErrorCode =
  | "INVALID_OPTIONS"
  | "ABORTED"
  | "INTERNAL"
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
  | "CONNECTION_NOT_FOUND"
  | "CONNECTION_NOT_ACTIVE"
  | "CONNECTION_WITHOUT_PROVISIONING"
  | "CONNECTION_TRANSITION_INVALID"
  | "SYNC_IN_PROGRESS"
  | "LEASE_LOST"
  | "RUN_NOT_FOUND"
  | "RUN_TRANSITION_INVALID"
  | "PLAN_STALE"
  | "STORAGE_UNREADABLE"
  | "STORAGE_SCHEMA_NEWER"
  | "STORAGE_BUSY"
  | "STORAGE_FULL"

export const errorCodes: Readonly<Record<ErrorCode, ErrorCodeInfo>> = {
  // Using Homeroom
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
  INTERNAL: {
    summary: "Something happened that Homeroom does not expect.",
    remedy: "Report it with the cause of this error; the import can be run again.",
    retryable: false,
    httpStatus: 500,
  },

  // Calling Clever
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
    summary: "Clever refuses the district token, and a fresh one as well.",
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
    remedy: "Report this with the status and path in the details; repeating the request does not help.",
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

  // Running an import
  CONNECTION_NOT_FOUND: {
    summary: "This district has no connection.",
    remedy: "Make one first: homeroom connect --district ID",
    retryable: false,
    httpStatus: 404,
  },
  CONNECTION_NOT_ACTIVE: {
    summary: "The district's connection is not active.",
    remedy: "Activate or resume it: homeroom connect --district ID",
    retryable: false,
    httpStatus: 409,
  },
  CONNECTION_WITHOUT_PROVISIONING: {
    summary:
      "The district's connection is for sign-in only, so Homeroom creates and changes no users for it.",
    remedy: "Reconnect it with provisioning: homeroom connect --district ID --mode sso+provisioning",
    retryable: false,
    httpStatus: 409,
  },
  CONNECTION_TRANSITION_INVALID: {
    summary: "The connection can't go from its present state to the one asked for.",
    remedy: "Look at the connection's state first.",
    retryable: false,
    httpStatus: 409,
  },
  SYNC_IN_PROGRESS: {
    summary: "Another import of this district is running.",
    remedy:
      "Wait for it (homeroom import --wait SECONDS). After a crash the district is free again within 20 seconds.",
    retryable: true,
    httpStatus: 409,
  },
  LEASE_LOST: {
    summary: "This import lost its lease on the district to another one, so it wrote nothing more.",
    remedy: "Look at the other import; this one needs nothing.",
    retryable: true,
    httpStatus: 409,
  },
  RUN_NOT_FOUND: {
    summary: "There is no import with this id.",
    remedy: "List them: homeroom history",
    retryable: false,
    httpStatus: 404,
  },
  RUN_TRANSITION_INVALID: {
    summary: "The import can't go from its present state to the one asked for.",
    remedy: "Look at the import's state first: homeroom show RUN",
    retryable: false,
    httpStatus: 409,
  },
  PLAN_STALE: {
    summary: "The roster has changed since this import compared against it, so its changes no longer fit.",
    remedy: "Run the import again.",
    retryable: true,
    httpStatus: 409,
  },

  // Storage
  STORAGE_UNREADABLE: {
    summary: "The database can't be opened or read.",
    remedy: "Check the path and its permissions, and that the file is a Homeroom database and not damaged.",
    retryable: false,
    httpStatus: 500,
  },
  STORAGE_SCHEMA_NEWER: {
    summary: "The database was written by a newer Homeroom than this one.",
    remedy: "Update Homeroom; an older one never touches a newer database.",
    retryable: false,
    httpStatus: 500,
  },
  STORAGE_BUSY: {
    summary: "Another process kept the database locked for too long.",
    remedy: "Try again; if it stays, look for a program that holds the database file open in a transaction.",
    retryable: true,
    httpStatus: 503,
  },
  STORAGE_FULL: {
    summary: "The disk is full, so nothing was committed.",
    remedy: "Free some space and run the import again.",
    retryable: true,
    httpStatus: 507,
  },
}

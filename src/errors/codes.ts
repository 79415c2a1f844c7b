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
  | "LOGIN_REQUEST_INVALID"
  | "LOGIN_STATE_UNKNOWN"
  | "LOGIN_STATE_MISSING"
  | "LOGIN_NOT_NAVIGATION"
  | "LOGIN_LOOP"
  | "LOGIN_RATE_LIMITED"
  | "LOGIN_UNAUTHORIZED_USER"
  | "LOGIN_DENIED"
  | "LOGIN_CLEVER_ERROR"
  | "LOGIN_CODE_REJECTED"
  | "LOGIN_OIDC_UNAVAILABLE"
  | "LOGIN_ID_TOKEN_MISSING"
  | "LOGIN_ID_TOKEN_INVALID"
  | "LOGIN_IDENTITY_MISMATCH"
  | "LOGIN_WITHOUT_ROLE"
  | "LOGIN_DISTRICT_NOT_ALLOWED"
  | "LOGIN_NOT_SYNCED"
  | "LOGIN_ARCHIVED"
  | "LOGIN_AMBIGUOUS"
  | "LOGIN_ROLE_NOT_ALLOWED"
  | "LOGIN_DISTRICT_NOT_CONNECTED"
  | "LOGOUT_REFUSED"
  | "LINK_CONFLICT"
  | "LINK_PROOF_INVALID"
  | "REVIEW_NOT_FOUND"
  | "REVIEW_NOT_OPEN"
  | "ACCOUNTS_UNREADABLE"
  | "CONNECTION_NOT_FOUND"
  | "CONNECTION_NOT_ACTIVE"
  | "CONNECTION_WITHOUT_PROVISIONING"
  | "CONNECTION_TRANSITION_INVALID"
  | "SYNC_IN_PROGRESS"
  | "LEASE_LOST"
  | "RUN_NOT_FOUND"
  | "RUN_TRANSITION_INVALID"
  | "RUN_NOT_UNDOABLE"
  | "RECORD_NOT_FOUND"
  | "FIELD_NOT_OWNED"
  | "PLAN_STALE"
  | "PLAN_ALTERED"
  | "PLAN_HASH_MISMATCH"
  | "PLAN_EXPIRED"
  | "PLAN_NOT_APPLICABLE"
  | "RUN_CHANGES_PURGED"
  | "ERASURE_INCOMPLETE"
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

  // Signing in
  LOGIN_REQUEST_INVALID: {
    summary:
      "A login address was called with parameters that no browser following Clever's links would send.",
    remedy: "Start the login again from the app's own page.",
    retryable: false,
    httpStatus: 400,
  },
  LOGIN_STATE_UNKNOWN: {
    summary:
      "This browser did not start the login that came back, or started it more than ten minutes ago, or has finished it already.",
    remedy: "Start the login again. If it keeps happening, check that the browser accepts cookies.",
    retryable: false,
    httpStatus: 400,
  },
  LOGIN_STATE_MISSING: {
    summary: "Clever sent a login that was not started in the app, and the app does not take those.",
    remedy: "Start the login from the app, or set portal to bounce to take logins from the Clever Portal.",
    retryable: false,
    httpStatus: 400,
  },
  LOGIN_NOT_NAVIGATION: {
    summary:
      "A login was asked for by something other than a page that a person opened: an image, a frame, a script.",
    remedy: "Link to the login with an ordinary link, opened in the whole window.",
    retryable: false,
    httpStatus: 400,
  },
  LOGIN_LOOP: {
    summary:
      "The login came back several times without the cookies that were set, so the browser keeps none.",
    remedy: "Allow cookies for the app, or open it in a window of its own instead of inside another page.",
    retryable: false,
    httpStatus: 400,
  },
  LOGIN_RATE_LIMITED: {
    summary: "The app's own limit for logins refused this one.",
    remedy: "Wait a minute and start the login again.",
    retryable: true,
    httpStatus: 429,
  },
  LOGIN_UNAUTHORIZED_USER: {
    summary: "Clever says that this person may not use the app: they are not shared with it.",
    remedy: "Ask the district to share this person with the app in Clever.",
    retryable: false,
    httpStatus: 403,
  },
  LOGIN_DENIED: {
    summary: "The login was cancelled or denied at Clever.",
    remedy: "Start the login again.",
    retryable: false,
    httpStatus: 403,
  },
  LOGIN_CLEVER_ERROR: {
    summary: "Clever ended the login with an error that Homeroom does not know.",
    remedy: "Start the login again; if it stays, see status.clever.com.",
    retryable: true,
    httpStatus: 502,
  },
  LOGIN_CODE_REJECTED: {
    summary: "Clever does not accept the login's code: it was used already, or is older than a minute.",
    remedy: "Start the login again.",
    retryable: false,
    httpStatus: 400,
  },
  LOGIN_OIDC_UNAVAILABLE: {
    summary: "Clever's OpenID Connect configuration or keys could not be read, or are not as they must be.",
    remedy: "Run homeroom doctor; check the address of Clever and that nothing rewrites its answers.",
    retryable: true,
    httpStatus: 502,
  },
  LOGIN_ID_TOKEN_MISSING: {
    summary: "OpenID Connect is required, and Clever sent no id_token.",
    remedy:
      "Ask Clever to switch OpenID Connect on for the app, or set oidc to auto. Library logins never have one.",
    retryable: false,
    httpStatus: 502,
  },
  LOGIN_ID_TOKEN_INVALID: {
    summary: "The id_token is not one that Clever issued for this login.",
    remedy:
      "Start the login again; if it stays, check the client id, the clock (homeroom doctor) and the network path to Clever.",
    retryable: false,
    httpStatus: 502,
  },
  LOGIN_IDENTITY_MISMATCH: {
    summary: "Clever's answers about the person who logged in contradict each other.",
    remedy: "Start the login again; report it to Clever if it stays. Nobody was logged in.",
    retryable: false,
    httpStatus: 502,
  },
  LOGIN_WITHOUT_ROLE: {
    summary: "Clever gives this person no role that Homeroom knows.",
    remedy: "Ask the district to check the person's record in Clever.",
    retryable: false,
    httpStatus: 403,
  },
  LOGIN_DISTRICT_NOT_ALLOWED: {
    summary:
      "The person belongs to another district than the one this login was for, or one that the app does not admit.",
    remedy: "Log in with an account of the right district, or add the district to the allowed ones.",
    retryable: false,
    httpStatus: 403,
  },
  LOGIN_NOT_SYNCED: {
    summary: "The person may log in at Clever but is not in the app yet.",
    remedy: "Run an import, or wait for the next one; check in Clever that the person is shared.",
    retryable: true,
    httpStatus: 403,
  },
  LOGIN_ARCHIVED: {
    summary: "The person's account is archived, because the district stopped sharing them.",
    remedy: "Ask the district to share the person again; the next import restores the account.",
    retryable: false,
    httpStatus: 403,
  },
  LOGIN_AMBIGUOUS: {
    summary: "Several accounts fit this person, so none was chosen.",
    remedy: "Link the right account by hand.",
    retryable: false,
    httpStatus: 409,
  },
  LOGIN_ROLE_NOT_ALLOWED: {
    summary: "The app does not admit any of the person's roles.",
    remedy: "Add the role to the allowed ones, or use another account.",
    retryable: false,
    httpStatus: 403,
  },
  LOGIN_DISTRICT_NOT_CONNECTED: {
    summary: "The person's district has no active connection with the app.",
    remedy: "Connect it: homeroom connect --district ID",
    retryable: false,
    httpStatus: 403,
  },
  LOGOUT_REFUSED: {
    summary: "A logout came from another site, or not as a POST.",
    remedy: "Log out with a form on the app's own page that posts to the logout address.",
    retryable: false,
    httpStatus: 403,
  },
  LINK_CONFLICT: {
    summary: "The Clever id, or one of its older ids, is linked to another account already.",
    remedy: "Decide which account is the person's, and unlink the other first.",
    retryable: false,
    httpStatus: 409,
  },
  LINK_PROOF_INVALID: {
    summary:
      "The proof that both accounts belong to the same person is missing, too old, or for somebody else.",
    remedy: "Let the person confirm again: logged in to the app, and then through Clever.",
    retryable: false,
    httpStatus: 403,
  },

  // Matching to accounts
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
  RECORD_NOT_FOUND: {
    summary: "The roster has no record with this kind and id.",
    remedy: "Check kind, id and district; whoever is not shared, or out of scope, was never stored.",
    retryable: false,
    httpStatus: 404,
  },
  FIELD_NOT_OWNED: {
    summary: "An app wants to set a field that is Clever's.",
    remedy:
      "Make the field sticky or the app's in the ownership settings of the district, then set it again.",
    retryable: false,
    httpStatus: 409,
  },
  RUN_TRANSITION_INVALID: {
    summary: "The import can't go from its present state to the one asked for.",
    remedy: "Look at the import's state first: homeroom show RUN",
    retryable: false,
    httpStatus: 409,
  },
  RUN_NOT_UNDOABLE: {
    summary: "The import can't be taken back: it changed nothing, or its change log is no longer kept.",
    remedy: "Look at the import first: homeroom show RUN. What was purged can't be undone.",
    retryable: false,
    httpStatus: 409,
  },
  PLAN_STALE: {
    summary: "The roster has changed since this import compared against it, so its changes no longer fit.",
    remedy: "Run the import again, or make a new plan.",
    retryable: true,
    httpStatus: 409,
  },
  PLAN_ALTERED: {
    summary: "What is stored of a plan is no longer what its hash was made of, so it was not applied.",
    remedy: "Make a new plan. If nobody purged or edited the database, look at its integrity.",
    retryable: false,
    httpStatus: 409,
  },
  PLAN_HASH_MISMATCH: {
    summary: "The hash that was given is not the plan's: another plan is meant.",
    remedy: "Look at the plan again and give the hash that it shows.",
    retryable: false,
    httpStatus: 409,
  },
  PLAN_EXPIRED: {
    summary: "The plan was not decided on, or not applied, in time.",
    remedy: "Make a new plan, or run the import again.",
    retryable: false,
    httpStatus: 410,
  },
  PLAN_NOT_APPLICABLE: {
    summary: "The run has no plan that waits: it is still under way, or has ended.",
    remedy: "Look at the import's state first: homeroom show RUN",
    retryable: false,
    httpStatus: 409,
  },

  RUN_CHANGES_PURGED: {
    summary: "What this import changed has outlived the time for which it is kept.",
    remedy: "Its counts are still in the history. The setting retention says for how long changes are kept.",
    retryable: false,
    httpStatus: 410,
  },
  ERASURE_INCOMPLETE: {
    summary: "What was to be erased still stands somewhere in the storage.",
    remedy:
      "Erase it from the places that the message names if they are the app's own tables, then run the erasure again.",
    retryable: true,
    httpStatus: 500,
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

import type { ErrorCodeInfo } from "./error-code-info.ts"

/** The codes of signing in. */
export type SignInErrorCode =
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

export const signInErrorCodes: Readonly<Record<SignInErrorCode, ErrorCodeInfo>> = {
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
}

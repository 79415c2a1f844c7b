import type { ErrorCode } from "../../errors/index.ts"
import type { LoginMessage, LoginMessages } from "./messages.ts"

type MessageName = {
  [name in keyof LoginMessages]: LoginMessages[name] extends LoginMessage ? name : never
}[keyof LoginMessages]

const names: Partial<Record<ErrorCode, MessageName>> = {
  LOGIN_REQUEST_INVALID: "requestInvalid",
  LOGIN_STATE_UNKNOWN: "startAgain",
  LOGIN_STATE_MISSING: "startHere",
  LOGIN_NOT_NAVIGATION: "notInWindow",
  LOGIN_LOOP: "cookiesBlocked",
  LOGIN_RATE_LIMITED: "tooMany",
  LOGIN_UNAUTHORIZED_USER: "notShared",
  LOGIN_DENIED: "cancelled",
  LOGIN_CLEVER_ERROR: "cleverTrouble",
  LOGIN_CODE_REJECTED: "startAgain",
  LOGIN_OIDC_UNAVAILABLE: "cleverTrouble",
  LOGIN_DISTRICT_NOT_ALLOWED: "wrongAccount",
  LOGIN_NOT_SYNCED: "notSynced",
  LOGIN_ARCHIVED: "archived",
  LOGIN_AMBIGUOUS: "ambiguous",
  LOGIN_ROLE_NOT_ALLOWED: "roleNotAllowed",
  LOGIN_WITHOUT_ROLE: "roleNotAllowed",
  LOGIN_DISTRICT_NOT_CONNECTED: "districtNotConnected",
  LOGOUT_REFUSED: "logoutRefused",
  CLEVER_UNREACHABLE: "cleverTrouble",
  CLEVER_UNAVAILABLE: "cleverTrouble",
  CLEVER_RATE_LIMITED: "cleverTrouble",
  CLEVER_BODY_INVALID: "cleverTrouble",
}

/** What to tell a pupil about an error. */
export function messageFor(code: ErrorCode, messages: LoginMessages): LoginMessage {
  return messages[names[code] ?? "other"]
}

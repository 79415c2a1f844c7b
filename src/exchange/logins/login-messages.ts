import type { LoginOutcome } from "./login-resolution.ts"

/**
 * What the person who logs in is told, by outcome: all texts there are, to be translated or replaced as a whole.
 * They name nobody, and whoever reads them can do what they say.
 */
export const loginMessages: Readonly<Record<LoginOutcome, string>> = {
  linked: "You are logged in.",
  "not-synced": "You are not in this app yet. Please ask your teacher or your school to add you.",
  archived:
    "Your account in this app is closed at the moment. Please ask your teacher or your school about it.",
  ambiguous:
    "There is more than one account here that could be yours. Please ask your teacher or your school for help.",
  "role-not-allowed": "This app is not made for your kind of account. Please ask your school about it.",
  "district-not-connected":
    "Your school does not use this app with Clever at the moment. Please ask your teacher or your school about it.",
}

/** A page's heading and what it says, for a pupil to read: plain words, nothing about how it works inside. */
export interface LoginMessage {
  readonly title: string
  readonly text: string
}

/** Every text that sign-in shows. To translate it, give `CleverSsoClient` another one as `messages`. */
export interface LoginMessages {
  /** The language of the texts (BCP 47), and so of the pages. */
  readonly language: string
  /** `ltr` or `rtl`. */
  readonly direction: "ltr" | "rtl"
  readonly tryAgain: string
  readonly openInWindow: string
  readonly home: string
  /** Asked before a login that another site started. */
  readonly confirm: LoginMessage
  readonly confirmButton: string
  /** What `resolveLogin` says to somebody who may come in. */
  readonly loggedIn: LoginMessage
  /** Whatever has no message of its own. */
  readonly other: LoginMessage
  readonly requestInvalid: LoginMessage
  readonly startAgain: LoginMessage
  readonly startHere: LoginMessage
  readonly notInWindow: LoginMessage
  readonly cookiesBlocked: LoginMessage
  readonly tooMany: LoginMessage
  readonly notShared: LoginMessage
  readonly cancelled: LoginMessage
  readonly cleverTrouble: LoginMessage
  readonly wrongAccount: LoginMessage
  readonly notSynced: LoginMessage
  readonly archived: LoginMessage
  readonly ambiguous: LoginMessage
  readonly roleNotAllowed: LoginMessage
  readonly districtNotConnected: LoginMessage
  readonly logoutRefused: LoginMessage
}

export const englishMessages: LoginMessages = {
  language: "en",
  direction: "ltr",
  tryAgain: "Log in with Clever",
  openInWindow: "Open in a new window",
  home: "Go to the start page",
  confirm: {
    title: "Log in with Clever?",
    text: "Another site wants to log you in here with your Clever account.",
  },
  confirmButton: "Yes, log me in",
  loggedIn: {
    title: "You are logged in",
    text: "Have a good day.",
  },
  other: {
    title: "That did not work",
    text: "You are not logged in. Please try again. If it happens again, tell your teacher.",
  },
  requestInvalid: {
    title: "That link does not work",
    text: "Please log in again from the start.",
  },
  startAgain: {
    title: "Please log in again",
    text: "This login is no longer good: it took too long, or was used already. If this page comes again, your browser may be blocking cookies.",
  },
  startHere: {
    title: "Please log in here",
    text: "Start your login with the button below.",
  },
  notInWindow: {
    title: "Please open this in its own window",
    text: "You can't log in inside another page.",
  },
  cookiesBlocked: {
    title: "Your browser is blocking cookies",
    text: "Logging in needs cookies. Allow them for this site, or open it in a window of its own, and try again.",
  },
  tooMany: {
    title: "Too many tries",
    text: "Please wait a minute and try again.",
  },
  notShared: {
    title: "You can't use this app yet",
    text: "Your school has not shared your account with this app. Please ask your teacher.",
  },
  cancelled: {
    title: "You are not logged in",
    text: "The login was stopped. You can try again.",
  },
  cleverTrouble: {
    title: "Clever is not answering as it should",
    text: "You are not logged in. Please try again in a few minutes.",
  },
  wrongAccount: {
    title: "This is a different school's account",
    text: "The Clever account you used can't be used here. Log out of Clever, and log in with the account of this school.",
  },
  notSynced: {
    title: "Your account is not ready yet",
    text: "Your school has not sent your account to this app yet. It can take a day. Please ask your teacher.",
  },
  archived: {
    title: "Your account is switched off",
    text: "Your school has stopped sharing your account with this app. Please ask your teacher.",
  },
  ambiguous: {
    title: "We can't tell which account is yours",
    text: "More than one account could be yours. Please ask your teacher to connect the right one.",
  },
  roleNotAllowed: {
    title: "This app is not for your kind of account",
    text: "You are logged in to Clever, but this app is not open to you. If that is wrong, please ask your school.",
  },
  districtNotConnected: {
    title: "Your school does not use this app yet",
    text: "This app is not set up for your school. Please ask your teacher.",
  },
  logoutRefused: {
    title: "That did not log you out",
    text: "Please use the log-out button in the app.",
  },
}

import { type HomeroomError, isHomeroomError } from "../../errors/index.ts"
import { htmlAnswer, jsonAnswer, type LoginAnswer } from "../login-answer.ts"
import { type LoginRequest, prefersJson } from "../login-request.ts"
import type { SsoSettings } from "../settings.ts"
import { messageFor } from "./message-for.ts"
import { type PageLink, renderPage } from "./page.ts"

/** Makes the pages that sign-in shows, and their JSON for API clients. */
export class LoginPages {
  readonly #settings: Pick<SsoSettings, "messages" | "frameAncestors" | "homePath" | "paths">

  constructor(settings: Pick<SsoSettings, "messages" | "frameAncestors" | "homePath" | "paths">) {
    this.#settings = settings
  }

  /** What to answer to an error. Shows only what the messages say, and only what the code is (R40). */
  failure(request: LoginRequest, error: HomeroomError): LoginAnswer {
    const { messages, frameAncestors, homePath, paths } = this.#settings
    const { code, httpStatus } = error
    const message = messageFor(code, messages)
    if (prefersJson(request)) {
      return jsonAnswer(httpStatus, { error: code, message: `${message.title}. ${message.text}` })
    }
    const home: PageLink = { href: homePath, text: messages.home }
    const login: PageLink =
      code === "LOGIN_NOT_NAVIGATION"
        ? { href: paths.login, text: messages.openInWindow, newWindow: true }
        : { href: paths.login, text: messages.tryAgain }
    const links = code === "LOGOUT_REFUSED" ? [home] : [login, home]
    return htmlAnswer(httpStatus, renderPage({ messages, message, links, code }), frameAncestors)
  }

  /** Asks before a login that another site started; what is asked for goes on as it is. */
  confirmation(login: { readonly returnTo: string; readonly origin: "app" | "portal" }): LoginAnswer {
    const { messages, frameAncestors, homePath, paths } = this.#settings
    const query = new URLSearchParams({ return_to: login.returnTo })
    if (login.origin === "portal") query.set("from", "clever")
    const links = [
      { href: `${paths.login}?${query}`, text: messages.confirmButton },
      { href: homePath, text: messages.home },
    ]
    return htmlAnswer(200, renderPage({ messages, message: messages.confirm, links }), frameAncestors)
  }
}

/**
 * The error itself if it is one of ours to show, else undefined: what an app throws is the app's, and so is what it
 * got wrong in its options, which no pupil can do anything about.
 */
export function ownError(error: unknown): HomeroomError | undefined {
  return isHomeroomError(error) && error.code !== "INVALID_OPTIONS" ? error : undefined
}

import { randomBytes } from "node:crypto"
import type { Role } from "../../models/kinds.ts"
import { Book } from "./book.ts"

/** The name of the cookie that holds a Clever session. */
export const sessionCookie = "clever-session"

/** Somebody logged in to the simulated Clever in one browser. */
export interface CleverSession {
  readonly id: string
  readonly districtId: string
  readonly personId: string
  /** The role in which they use Clever now; the Portal lets people of several roles change it. */
  readonly role: Role
  /** The district admin who uses Clever as this person. */
  readonly byAdmin: string | undefined
  readonly startedAt: Date
}

/** The browser sessions of the simulated Clever, two hours of simulated time each. */
export class SessionBook {
  /** Default 2 h. */
  lengthMs = 7_200_000
  readonly #now: () => Date
  readonly #sessions = new Book<CleverSession>()

  constructor(now: () => Date) {
    this.#now = now
  }

  /** The sessions that still run, oldest first. */
  list(): readonly CleverSession[] {
    return this.#sessions.list().filter((session) => this.#isRunning(session))
  }

  /** Begins a session, as a login does. */
  start(asked: Omit<CleverSession, "id" | "startedAt">): CleverSession {
    const session = { ...asked, id: randomBytes(16).toString("hex"), startedAt: this.#now() }
    this.#sessions.set(session.id, session)
    return session
  }

  /** A session that still runs. */
  find(id: string | undefined): CleverSession | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id)
    return session !== undefined && this.#isRunning(session) ? session : undefined
  }

  /** Ends a session, as a logout does. */
  end(id: string): void {
    this.#sessions.delete(id)
  }

  /** Ends all sessions. */
  endAll(): void {
    this.#sessions.clear()
  }

  #isRunning({ startedAt }: CleverSession): boolean {
    return this.#now().getTime() - startedAt.getTime() < this.lengthMs
  }
}

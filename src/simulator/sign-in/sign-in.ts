import { HomeroomError } from "../../errors/index.ts"
import type { Role } from "../../models/kinds.ts"
import type { SimulatedDistrict } from "../district/simulated-district.ts"
import { decideAccess } from "./access.ts"
import { callbackUrl } from "./callback.ts"
import { CodeBook, type IssuedCode } from "./code-book.ts"
import { findPerson, type Person } from "./person.ts"
import { type CleverSession, SessionBook, sessionCookie } from "./session-book.ts"
import { SigningKeys } from "./signing-keys.ts"
import { type AppOptions, SimulatedApp } from "./simulated-app.ts"
import { UserTokenBook } from "./user-token-book.ts"

/** Clever's sign-in as tests drive it: apps, codes, tokens, browser sessions and signing keys. */
export class SignIn {
  readonly codes: CodeBook
  readonly tokens: UserTokenBook
  readonly sessions: SessionBook
  readonly keys: SigningKeys = new SigningKeys()
  /** Whether "Log in as…" in the dashboard leaves a Clever session in the browser. Default true. */
  dashboardStartsSession = true
  /**
   * The time by which id_tokens are dated.
   * @internal
   */
  readonly wallClock: () => Date
  /**
   * The address of the simulator, without a trailing slash, and thereby the issuer.
   * @internal
   */
  url = ""
  /** @internal */
  readonly districts: readonly SimulatedDistrict[]
  readonly #apps: SimulatedApp[]

  /** Throws `INVALID_OPTIONS` for a redirect URI that is no URL. */
  constructor(options: {
    districts: readonly SimulatedDistrict[]
    apps: readonly AppOptions[]
    now: () => Date
    wallClock: () => Date
  }) {
    this.districts = options.districts
    this.wallClock = options.wallClock
    this.codes = new CodeBook(options.now)
    this.tokens = new UserTokenBook(options.now)
    this.sessions = new SessionBook(options.now)
    this.#apps = options.apps.map((app) => new SimulatedApp(app))
  }

  /** All apps; the first is the one whose credentials the simulator tells. */
  get apps(): readonly SimulatedApp[] {
    return this.#apps
  }

  /** Registers another app. Throws `INVALID_OPTIONS` for a client id that another has, and a redirect URI that is no URL. */
  addApp(options: AppOptions): SimulatedApp {
    const app = new SimulatedApp(options)
    if (this.findApp(app.clientId) !== undefined)
      throw new HomeroomError("INVALID_OPTIONS", { message: "There already is an app with this client id." })
    this.#apps.push(app)
    return app
  }

  /** The app with this client id, or undefined. */
  findApp(clientId: string | undefined): SimulatedApp | undefined {
    return this.#apps.find((app) => app.clientId === clientId)
  }

  /** Sets the redirect URIs of an app, the first app unless told otherwise. */
  setRedirectUris(redirectUris: readonly string[], app: SimulatedApp = this.#firstApp()): void {
    app.redirectUris = redirectUris
  }

  /** Takes an app from a person; they still log in to Clever. */
  unshare(personId: string, app: SimulatedApp = this.#firstApp()): void {
    app.unsharedPeople.add(personId)
  }

  /** Gives an app back to a person. */
  reshare(personId: string, app: SimulatedApp = this.#firstApp()): void {
    app.unsharedPeople.delete(personId)
  }

  /** A teacher installs a Library app, without the page that asks them. */
  install(teacherId: string, app: SimulatedApp): void {
    app.installedBy.add(teacherId)
  }

  /** A teacher removes a Library app: their students lose it too. */
  uninstall(teacherId: string, app: SimulatedApp): void {
    app.installedBy.delete(teacherId)
  }

  /**
   * Logs somebody in to Clever without its pages; send `cookie` as the `Cookie` header of a browser.
   *
   * Throws `INVALID_OPTIONS` if there is nobody with this id.
   */
  logIn(
    personId: string,
    options: { role?: Role | undefined; byAdmin?: string | undefined } = {},
  ): CleverSession & { cookie: string } {
    const person = this.#person(personId)
    const session = this.sessions.start({
      districtId: person.district.id,
      personId,
      role: this.#role(person, options.role),
      byAdmin: options.byAdmin,
    })
    return { ...session, cookie: `${sessionCookie}=${session.id}` }
  }

  /**
   * A code as a click in the Portal gives it, and the address at which the browser would arrive: no state, no nonce.
   *
   * Throws `INVALID_OPTIONS` if there is no such person, if the app is not theirs, or if it has no redirect URI.
   */
  issueCode(
    personId: string,
    options: {
      app?: SimulatedApp | undefined
      redirectUri?: string | undefined
      role?: Role | undefined
      nonce?: string | undefined
      state?: string | undefined
    } = {},
  ): IssuedCode & { callbackUrl: string } {
    const app = options.app ?? this.#firstApp()
    const person = this.#person(personId)
    const access = decideAccess({ app, person, role: this.#role(person, options.role) })
    if (access.state !== "granted") {
      const why = access.state === "refused" ? access.reason : access.state
      throw new HomeroomError("INVALID_OPTIONS", { message: `The app is not for ${personId}: ${why}.` })
    }
    const redirectUri = options.redirectUri ?? app.primaryRedirectUri
    if (redirectUri === undefined)
      throw new HomeroomError("INVALID_OPTIONS", { message: "The app has no redirect URI yet." })
    const issued = this.codes.issue({
      clientId: app.clientId,
      redirectUri,
      grant: access.grant,
      nonce: options.nonce,
      codeChallenge: undefined,
    })
    return { ...issued, callbackUrl: callbackUrl({ issued, app, state: options.state }) }
  }

  /** A new signing key. The old ones leave the JWKS, unless `keepOld`. */
  rotateKeys(options: { keepOld?: boolean | undefined } = {}): void {
    this.keys.rotate(options)
  }

  #firstApp(): SimulatedApp {
    return this.#apps[0] as SimulatedApp
  }

  #person(id: string): Person {
    const person = findPerson(this.districts, id)
    if (person === undefined)
      throw new HomeroomError("INVALID_OPTIONS", { message: `No district has a user ${id}.` })
    return person
  }

  #role(person: Person, wanted: Role | undefined): Role {
    const role = wanted === undefined ? person.roles[0] : person.roles.find((own) => own === wanted)
    if (role === undefined)
      throw new HomeroomError("INVALID_OPTIONS", { message: `The user ${person.id} has no such role.` })
    return role
  }
}

import type {
  Connections,
  Discovery,
  Imports,
  IntegrationRequests,
  LoginResolver,
} from "../exchange/index.ts"
import type { Repeat } from "../models/index.ts"
import type { AccountMatching, RosterSync } from "../roster/index.ts"
import type { RosterStorage, ScheduleSettings } from "../storage/contract.ts"
import type { ConsoleAuthorize } from "./access.ts"
import type { ConsoleText } from "./text/english.ts"

/** The parts of the app that the console shows and works with: the same objects that the app itself uses. */
export interface ConsoleParts {
  readonly storage: RosterStorage
  readonly connections: Connections
  readonly roster: RosterSync
  readonly imports: Imports
  /**
   * Where the app matches people to accounts: what people decide in Review takes effect through it. Default: there
   * is no Review.
   */
  readonly matching?: AccountMatching | undefined
  /** Wishes of those who do not know their Clever District ID yet. Default: made of `storage` and `connections`. */
  readonly requests?: IntegrationRequests | undefined
  /**
   * Who may log in, as the app resolves its logins: People says of somebody what a login would come to. Default:
   * People says nothing of logins.
   */
  readonly logins?: LoginResolver | undefined
  /** Where the app looks for newly connected districts: the console then can have it look now. Default: it can't. */
  readonly discovery?: Discovery | undefined
  /** How often the progress of a running import is read from the storage while somebody watches. Default 1,000. */
  readonly progressMs?: number | undefined
  /** How that is repeated. Default: a timer that does not keep the process alive. */
  readonly repeat?: Repeat | undefined
  /**
   * The schedule of districts that have none of their own, as the app's scheduler has it. Default: that of
   * `ImportScheduler`.
   */
  readonly schedule?: ScheduleSettings | undefined
}

export interface ConsoleOptions<Native = unknown> extends ConsoleParts {
  /** Who somebody is and what they may do; the console has no login of its own. */
  readonly authorize: ConsoleAuthorize<Native>
  /** The path under which the app serves the console: `/data-exchange`. Default `/`. */
  readonly basePath?: string | undefined
  /** Every text of the pages, for another language. Default: English. */
  readonly text?: ConsoleText | undefined
  /**
   * What the forms' tokens are made with, the newest first; 32 bytes or more each. Default: a secret that is kept in the
   * storage, so that all processes behind a balancer take each other's forms.
   */
  readonly secret?: string | readonly string[] | undefined
  /** The origins of sites that may show the console in a frame, or `'self'`. Default: none. */
  readonly frameAncestors?: readonly string[] | undefined
  /**
   * The app's own origins, as `https://app.example`: only for browsers that do not say where a form is from, behind
   * a proxy that changes the `Host` header. Default: none.
   */
  readonly origins?: readonly string[] | undefined
  /** Told what went wrong where the console could only say so. What it throws is ignored. */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

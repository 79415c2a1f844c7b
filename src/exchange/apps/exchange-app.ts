import { HomeroomError } from "../../errors/index.ts"
import type { Connection, ConnectionMode } from "../../storage/contract.ts"

/** What tells whether a district can be reached, and what it is called: a `CleverClient` does. */
export interface DistrictDirectory {
  /** The districts that this district's token reaches. Rejects with a `CLEVER_…` code if there is no token. */
  districts(options: {
    districtId: string
    signal?: AbortSignal | undefined
    /** Told of a district left out of the list; without it such a district rejects. */
    onRejected?: (() => void) | undefined
  }): AsyncIterable<{ readonly id: string; readonly name?: string | null | undefined }>
}

/** A Clever app, as connections know it. Its secrets are its client's: nothing of it but the name is ever stored. */
export interface ExchangeApp<Client = DistrictDirectory> {
  /** What connections call it: `rostering`. */
  readonly name: string
  /** What districts join it for. Absent: for either. */
  readonly mode?: ConnectionMode | undefined
  /** Where a district asks Clever for it. */
  readonly signupUrl?: string | undefined
  readonly clever: Client
}

/** The Clever apps of one configuration. */
export class ExchangeApps<App extends ExchangeApp<unknown> = ExchangeApp> {
  readonly list: readonly App[]

  /** Throws `INVALID_OPTIONS` for none, for two of the same name, and for what is no name. */
  constructor(apps: readonly App[]) {
    if (apps.length === 0) throw invalid("Give at least one Clever app.")
    const names = apps.map(({ name }) => name)
    const wrong = names.find((name, index) => !/^[\w.-]{1,64}$/.test(name) || names.indexOf(name) !== index)
    if (wrong !== undefined) {
      throw invalid(
        `Each Clever app needs a name of its own, of letters, digits and . _ - alone; "${wrong}" is none.`,
      )
    }
    this.list = apps
  }

  /** Throws `INVALID_OPTIONS` for a name that no app has. */
  get(name: string): App {
    const app = this.list.find((one) => one.name === name)
    if (app !== undefined) return app
    const names = this.list.map((one) => one.name).join(", ")
    throw invalid(`There is no Clever app "${name}"; there is ${names}.`)
  }

  /**
   * The app for a mode: the one named, the only one, or the only one that is for this mode. Throws `INVALID_OPTIONS`
   * where a name is needed.
   */
  for({ mode, name }: { mode: ConnectionMode; name?: string | undefined }): App {
    if (name !== undefined) return this.get(name)
    const [only, ...others] = this.list
    if (only !== undefined && others.length === 0) return only
    const fitting = this.list.filter((app) => app.mode === mode)
    const [first, ...rest] = fitting.length > 0 ? fitting : this.list.filter((app) => app.mode === undefined)
    if (first !== undefined && rest.length === 0) return first
    throw invalid(
      `Name the Clever app for ${mode}: there are ${this.list.map((one) => one.name).join(", ")}.`,
    )
  }

  /** The app that a connection goes through. Throws `INVALID_OPTIONS` if it is not configured (any more). */
  of({ mode, settings }: Pick<Connection, "mode" | "settings">): App {
    return this.for({ mode, name: settings.app })
  }
}

function invalid(message: string): HomeroomError {
  return new HomeroomError("INVALID_OPTIONS", { message, details: { option: "app" } })
}

import { HomeroomError } from "../../errors/index.ts"
import type {
  EventPage,
  EventPagesOptions,
  FeedEvent,
  RecordPage,
  RecordPagesOptions,
  RecordTextOptions,
  RosterSource,
  SourceOptions,
} from "../../models/index.ts"
import type { RosterStorage } from "../../storage/contract.ts"
import { type ExchangeApp, ExchangeApps } from "./exchange-app.ts"

/**
 * Reads each district through the Clever app that its connection names: what `RosterSync` is given where there are
 * several apps. A district without a connection is read through the app for provisioning.
 *
 * Every method rejects as the app's client does, with `INVALID_OPTIONS` for a connection whose app is not configured, and
 * with `STORAGE_…` codes.
 */
export class RoutedSource implements RosterSource {
  readonly apiVersion: "v3.0" | "v3.1"
  readonly #storage: RosterStorage
  readonly #apps: ExchangeApps<ExchangeApp<RosterSource>>

  /** Throws `INVALID_OPTIONS` for no app, and for apps that read different versions of the API. */
  constructor({
    storage,
    apps,
  }: {
    storage: RosterStorage
    apps: readonly ExchangeApp<RosterSource>[]
  }) {
    this.#storage = storage
    this.#apps = new ExchangeApps(apps)
    const versions = new Set(apps.map(({ clever }) => clever.apiVersion))
    const [version, ...others] = versions
    if (version === undefined || others.length > 0) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "All Clever apps must use the same version of the API.",
        details: { option: "apiVersion" },
      })
    }
    this.apiVersion = version
  }

  async *recordPages(options: RecordPagesOptions): AsyncGenerator<RecordPage> {
    yield* (await this.#sourceOf(options)).recordPages(options)
  }

  async newestEvent(options: SourceOptions): Promise<FeedEvent | undefined> {
    return (await this.#sourceOf(options)).newestEvent(options)
  }

  async *eventPages(options: EventPagesOptions): AsyncGenerator<EventPage> {
    yield* (await this.#sourceOf(options)).eventPages(options)
  }

  async recordText(options: RecordTextOptions): Promise<string | undefined> {
    return (await this.#sourceOf(options)).recordText(options)
  }

  async #sourceOf({ districtId }: SourceOptions): Promise<RosterSource> {
    const connection = await this.#storage.getConnection(districtId)
    return this.#apps.of(connection ?? { mode: "sso+provisioning", settings: {} }).clever
  }
}

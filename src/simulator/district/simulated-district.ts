import { HomeroomError } from "../../errors/index.ts"
import type { ApiVersion, Role } from "../../models/kinds.ts"
import type { Clock } from "../clock.ts"
import { districtOf } from "../generate/generate-district.ts"
import { type GeneratorOptions, type Layout, layOut } from "../generate/layout.ts"
import { isJsonObject, type JsonObject, mergeJson, parseObject, shuffleKeys } from "../json.ts"
import { idsIn, loginNamesOf, rolesOf, type SimulatedKind } from "../kinds.ts"
import { machineOf, ObjectIdSource } from "../object-id.ts"
import { mixSeed, seededRandom } from "../random.ts"
import { passDay } from "./day.ts"
import { type BatchSummary, DistrictData } from "./district-data.ts"
import { type EditContext, reissue } from "./edits.ts"
import { EventFeed } from "./event-feed.ts"
import { type RolloverMode, rollOver } from "./rollover.ts"
import type { SharingSelection } from "./sharing.ts"

/** How the Events API answers: as usual, with an empty feed, with Clever's HTML 404, or with 403. */
export type EventsMode = "on" | "empty" | "not-found" | "forbidden"

/** The parts of a district record that tell how its own sync with Clever is. */
export interface SimulatedDistrictState {
  state?: "running" | "pending" | "error" | "paused" | "success" | ""
  error?: string
  pause_start?: string
  pause_end?: string
  last_sync?: string
}

/** Somebody to log in as. */
export interface SimulatedPerson {
  role: Role
  id: string
  name: string
  email: string | undefined
  /** What they type to log in; every password is right. */
  userName: string
}

/** A change of a record: laid over it (`undefined` removes a key), or a function that changes a copy. */
export type RecordPatch = JsonObject | ((record: JsonObject) => void)

const dayMs = 86_400_000

/**
 * One district of a simulated Clever, and everything that can happen to it.
 *
 * All operations are synchronous and follow from the seed alone. Each emits its events as one batch in
 * Clever's documented order and returns how many of each type.
 */
export class SimulatedDistrict {
  readonly id: string
  readonly name: string
  readonly #layout: Layout
  readonly #clock: Clock
  readonly #data: DistrictData
  readonly #leavers: JsonObject[] = []
  #operations = 0
  #numbers: number
  #rotations = 0
  #tokens: string[] = []
  #eventsMode: EventsMode = "on"
  #shufflesKeys = false
  #shuffles = 0
  #connectedAt = ""

  /** Throws `INVALID_OPTIONS` on impossible sizes. */
  constructor(options: GeneratorOptions & { clock: Clock; initialEvents?: "district" | "all" | undefined }) {
    this.#clock = options.clock
    this.#layout = layOut(options)
    const layout = this.#layout
    this.id = layout.districtId
    this.name = layout.name
    this.#numbers = layout.counts.student + layout.counts.contact + layout.counts.teacher
    const feedIds = new ObjectIdSource(machineOf(layout.seed, layout.index + 100_000))
    const feed = new EventFeed(options.clock, feedIds)
    const ids = new ObjectIdSource(layout.machine, 0x800000)
    this.#data = new DistrictData({
      generated: districtOf(layout),
      newestVersion: layout.apiVersion,
      clock: options.clock,
      ids,
      feed,
    })
    // The district was synced just now: that goes before the feed begins.
    this.#data.eventsEnabled = false
    this.setState({ last_sync: this.#data.now() })
    this.#data.eventsEnabled = true
    for (const [kind, store] of this.#data.shown) {
      if (kind !== "district" && options.initialEvents !== "all") continue
      for (const id of store.ids()) {
        const text = store.get(id) as string
        feed.append({
          kind,
          id,
          action: "created",
          text,
          isSeenInV30: true,
          previous: undefined,
        })
      }
    }
    this.rotateToken()
  }

  /**
   * The district's records and feed, for the server that answers from them.
   * @internal
   */
  get data(): DistrictData {
    return this.#data
  }

  /** The token that `/oauth/tokens` gives now; undefined while the district is not connected. */
  get token(): string | undefined {
    return this.#tokens.at(-1)
  }

  /** When the present token was issued. */
  get connectedAt(): string {
    return this.#connectedAt
  }

  /** Whether its events are there to be read: see {@link EventsMode}. */
  get eventsMode(): EventsMode {
    return this.#eventsMode
  }

  /** Whether the keys of records come in another order each time. */
  get shufflesKeys(): boolean {
    return this.#shufflesKeys
  }

  /** True for a token with which the API can be read at present. */
  accepts(token: string): boolean {
    return this.#tokens.includes(token)
  }

  /** What a listing of a kind shows right now, ascending by id: the truth to compare a copy with. */
  records(kind: SimulatedKind, options: { apiVersion?: ApiVersion | undefined } = {}): JsonObject[] {
    const store = this.#data.store(kind)
    const version = options.apiVersion ?? this.#layout.apiVersion
    return store.ids().map((id) => parseObject(store.textFor(id, version) as string))
  }

  /** How many records a listing of a kind shows right now. */
  count(kind: SimulatedKind): number {
    return this.#data.store(kind).size
  }

  /** One record as a listing shows it right now. */
  record(kind: SimulatedKind, id: string): JsonObject | undefined {
    const text = this.#data.store(kind).textFor(id, this.#layout.apiVersion)
    return text === undefined ? undefined : parseObject(text)
  }

  /** Two people of each role to log in as, as far as there are any. */
  get people(): SimulatedPerson[] {
    const store = this.#data.store("user")
    const people: SimulatedPerson[] = []
    for (const role of ["student", "teacher", "staff", "district_admin", "contact"] as const) {
      let found = 0
      for (let at = 0; at < this.#layout.counts[role] && found < 2; at++) {
        const text = store.get(this.#layout.userId(role, at))
        const user = text === undefined ? undefined : parseObject(text)
        if (user === undefined || !rolesOf(user).includes(role)) continue
        const name = isJsonObject(user.name) ? user.name : {}
        const spelled = idsIn([name.first, name.last]).join(" ")
        const person = { role, id: String(user.id), name: spelled, email: idsIn([user.email])[0] }
        people.push({ ...person, userName: loginNamesOf(user)[0] as string })
        found += 1
      }
    }
    return people
  }

  /** One day of realistic change. Lets the simulated clock run on by a day, unless told not to. */
  nextDay(
    options: { intensity?: number | undefined; advanceClock?: boolean | undefined } = {},
  ): BatchSummary {
    if (options.advanceClock !== false) this.#clock.advance(dayMs)
    return this.#change((context) => passDay(context, this.#leavers, options.intensity ?? 1))
  }

  /** The change of the school year: floods of events, as in summer. */
  rollover(options: { mode?: RolloverMode | undefined } = {}): BatchSummary {
    return this.#change((context) => rollOver(context, options.mode ?? "replace"))
  }

  /** Runs several operations as one batch of events. */
  change(work: (district: this) => void): BatchSummary {
    return this.#data.batch(() => work(this))
  }

  /** Changes one record, shared or not. Throws `INVALID_OPTIONS` if there is none with this id. */
  edit(kind: SimulatedKind, id: string, patch: RecordPatch): BatchSummary {
    const record = this.#data.get(kind, id)
    if (record === undefined)
      throw new HomeroomError("INVALID_OPTIONS", { message: `${this.name} has no ${kind} ${id}.` })
    if (typeof patch === "function") patch(record)
    else mergeJson(record, structuredClone(patch))
    return this.#data.batch(() => this.#data.put(kind, record))
  }

  /**
   * Adds a record, completed with an id, the district and times where they are absent; returns its id. Throws
   * `INVALID_OPTIONS` if there is one with this id.
   */
  add(kind: SimulatedKind, record: JsonObject): string {
    const id = typeof record.id === "string" ? record.id : this.#data.newId()
    if (this.#data.has(kind, id))
      throw new HomeroomError("INVALID_OPTIONS", { message: `${this.name} already has a ${kind} ${id}.` })
    const at = this.#data.now()
    const times =
      kind === "school" || kind === "user" || kind === "section" ? { created: at, last_modified: at } : {}
    this.#data.batch(() => {
      this.#data.put(kind, { ...times, district: this.id, ...structuredClone(record), id })
    })
    return id
  }

  /** Removes one record and nothing else: what names it keeps naming it. No error if there is none. */
  remove(kind: SimulatedKind, id: string): BatchSummary {
    return this.#data.batch(() => this.#data.remove(kind, id))
  }

  /** Gives records new ids: created and deleted in one batch, same e-mail address and `sis_id`. */
  reissueIds(options: {
    kind?: SimulatedKind | undefined
    ids: readonly string[]
  }): ReadonlyMap<string, string> {
    let renamed = new Map<string, string>()
    this.#data.batch(() => {
      renamed = reissue(this.#data, options.kind ?? "user", options.ids)
    })
    return renamed
  }

  /** Stops sharing: what vanishes is `deleted`, what loses a field or role is `updated`. */
  unshare(selection: SharingSelection): BatchSummary {
    return this.#data.share("stop", selection)
  }

  /** Shares again; `{ everything: true }` lifts every rule. What comes back comes with its old id. */
  reshare(selection: SharingSelection): BatchSummary {
    return this.#data.share("resume", selection)
  }

  /** Sets the district's own state; emits `districts.updated` like any change. Never throws. */
  setState(state: SimulatedDistrictState): BatchSummary {
    return this.edit("district", this.id, { ...state })
  }

  /** Switches events on; what changed while they were off never comes. */
  enableEvents(): void {
    this.#eventsMode = "on"
    this.#data.eventsEnabled = true
  }

  /** Switches events off: nothing is recorded any more, and the feed answers as the mode says. */
  disableEvents(options: { mode?: Exclude<EventsMode, "on"> | undefined } = {}): void {
    this.#eventsMode = options.mode ?? "empty"
    this.#data.eventsEnabled = false
  }

  /** Issues a new token. The old one stops working, unless `keepOld`. Also connects again. */
  rotateToken(options: { keepOld?: boolean | undefined } = {}): string {
    const random = seededRandom(mixSeed(this.#layout.seed, this.#layout.index, "token"), this.#rotations++)
    let token = ""
    while (token.length < 40) token += random.integer(16).toString(16)
    this.#connectedAt = this.#clock.now().toISOString()
    this.#tokens = options.keepOld === true ? [...this.#tokens, token] : [token]
    return token
  }

  /** The district disconnects from the app: no token is listed and none works any more. */
  disconnect(): void {
    this.#tokens = []
  }

  /** Connects the district again, with a new token. */
  connect(): string {
    return this.rotateToken()
  }

  /** A record's text as it goes out: as it is, or with its keys in another order each time. */
  present(text: string): string {
    if (!this.#shufflesKeys) return text
    const { integer } = seededRandom(this.#layout.seed, "shuffle", this.#shuffles++)
    return JSON.stringify(shuffleKeys(JSON.parse(text), integer))
  }

  /** Whether every answer gives the keys of its objects in another order. */
  shuffleKeys(on = true): void {
    this.#shufflesKeys = on
  }

  #change(work: (context: EditContext) => void): BatchSummary {
    const layout = this.#layout
    const random = seededRandom(layout.seed, layout.index, "operation", this.#operations++)
    const context: EditContext = { data: this.#data, layout, random, number: () => this.#numbers++ }
    return this.#data.batch(() => work(context))
  }
}

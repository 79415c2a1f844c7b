import type { ApiVersion } from "../../models/kinds.ts"
import type { Clock } from "../clock.ts"
import { isJsonObject, type JsonObject, parseObject } from "../json.ts"
import { differsByVersion, limitToVersion, rolesOf, type SimulatedKind, schoolsOfUser } from "../kinds.ts"
import type { ObjectIdSource } from "../object-id.ts"

export type EventAction = "created" | "updated" | "deleted"

/** One change of a record that the app can see. */
export interface RecordChange {
  kind: SimulatedKind
  id: string
  action: EventAction
  /** The record afterwards, or its last state if deleted, as the newest version shows it. */
  text: string
  /** False if v3.0 shows no difference. */
  isSeenInV30: boolean
  /** The `last_modified` that v3.0 shows, where it is not the record's own. */
  lastModifiedInV30?: string | undefined
  previous: JsonObject | undefined
}

/** One event, as it is held. */
export interface StoredEvent extends RecordChange {
  eventId: string
  at: number
}

/** Which events to list. */
export interface FeedFilter {
  version: ApiVersion
  /** Only what belongs to this school, and what belongs to none. */
  school?: string | undefined
  /** Names of collections, such as `users`; all when empty. */
  recordTypes?: readonly string[] | undefined
}

const retentionMs = 30 * 86_400_000

/** The events of one district, oldest first; those older than 30 simulated days drop off. */
export class EventFeed {
  readonly #clock: Clock
  readonly #ids: ObjectIdSource
  /** Lists as they were last asked for; whoever reads a feed asks page after page. */
  readonly #lists = new Map<string, ReadonlyMap<string, StoredEvent>>()
  #events: StoredEvent[] = []

  constructor(clock: Clock, ids: ObjectIdSource) {
    this.#clock = clock
    this.#ids = ids
  }

  append(change: RecordChange): void {
    const now = this.#clock.now()
    this.#lists.clear()
    this.#events.push({ ...change, eventId: this.#ids.next(now), at: now.getTime() })
  }

  /** The events that a version of the API shows and that pass the filters, in feed order, by their ids. */
  list(options: FeedFilter): ReadonlyMap<string, StoredEvent> {
    const { version, school, recordTypes = [] } = options
    const events = this.#current()
    const name = JSON.stringify([version, school, recordTypes])
    const known = this.#lists.get(name)
    if (known !== undefined) return known
    const list = new Map<string, StoredEvent>()
    for (const event of events) {
      if (version === "v3.0" && !event.isSeenInV30) continue
      if (recordTypes.length > 0 && !recordTypes.includes(`${event.kind}s`)) continue
      if (school !== undefined && !belongsToSchool(event, school)) continue
      list.set(event.eventId, event)
    }
    this.#lists.set(name, list)
    return list
  }

  #current(): readonly StoredEvent[] {
    const oldest = this.#clock.now().getTime() - retentionMs
    const kept = this.#events.findIndex((event) => event.at >= oldest)
    if (kept !== 0) {
      this.#events = kept === -1 ? [] : this.#events.slice(kept)
      this.#lists.clear()
    }
    return this.#events
  }
}

/** Courses, terms, contacts and the district itself belong to no school: the filter lets them through. */
function belongsToSchool(event: StoredEvent, school: string): boolean {
  const record = parseObject(event.text)
  if (event.kind === "school") return event.id === school
  if (event.kind === "section") return record.school === school
  if (event.kind !== "user" || rolesOf(record).includes("contact")) return true
  return schoolsOfUser(record).has(school)
}

/** An event's own JSON text, without the `data` and `uri` around it. */
export function eventText(event: StoredEvent, version: ApiVersion): string {
  const object = version === "v3.0" ? textInV30(event) : event.text
  let previous = ""
  if (event.previous !== undefined) {
    const attributes =
      version === "v3.0"
        ? limitToVersion(event.kind, structuredClone(event.previous), version)
        : event.previous
    previous = `,"previous_attributes":${JSON.stringify(version === "v3.0" ? withoutEmptied(attributes) : attributes)}`
  }
  const created = `${new Date(event.at).toISOString().slice(0, 19)}.000Z`
  return `{"created":"${created}","data":{"object":${object}${previous}},"id":"${event.eventId}","type":"${event.kind}s.${event.action}"}`
}

function textInV30({ kind, text, lastModifiedInV30 }: StoredEvent): string {
  if (!differsByVersion(kind)) return text
  const record = limitToVersion(kind, parseObject(text), "v3.0")
  if (lastModifiedInV30 !== undefined) record.last_modified = lastModifiedInV30
  return JSON.stringify(record)
}

/** Drops the objects that a version's limits left empty. */
function withoutEmptied(attributes: JsonObject): JsonObject {
  const kept = Object.entries(attributes).flatMap(([key, value]) => {
    const held = isJsonObject(value) ? withoutEmptied(value) : value
    return isJsonObject(held) && Object.keys(held).length === 0 ? [] : [[key, held] as const]
  })
  return Object.fromEntries(kept)
}

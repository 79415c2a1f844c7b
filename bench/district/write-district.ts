import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { kinds } from "../../src/models/kinds.ts"
import { generateDistrict } from "../../src/simulator/generate/generate-district.ts"
import type { JsonObject } from "../../src/simulator/json.ts"
import {
  changedEvery,
  eventsInBatch,
  type PageFile,
  type PageSet,
  pageSize,
  type Variant,
} from "./page-set.ts"
import { edited, reordered } from "./variants.ts"

export interface WriteOptions {
  folder: string
  users: number
  variants: readonly Variant[]
  /** How many batches of events to make. */
  eventBatches: number
}

/** Generates a district page by page into files below `folder`, in every variant asked for. */
export function writeDistrict({ folder, users, variants, eventBatches }: WriteOptions): PageSet {
  const district = generateDistrict({
    users,
    schools: Math.ceil(users / 500),
    sections: users / 5,
    mix: "students",
  })
  const set: PageSet = {
    districtId: district.id,
    users,
    records: 0,
    changedRecords: 0,
    bytes: 0,
    pages: {},
    firstEvent: firstEvent(district.id),
    eventBatches: [],
  }
  const sampleEvery = Math.max(1, Math.floor(district.count("user") / eventsInBatch))
  const sample: JsonObject[] = []
  const writers = variants.map((variant) => new VariantWriter(join(folder, String(users), variant), variant))
  for (const kind of kinds) {
    let number = 0
    for (const record of district.records(kind)) {
      const id = String(record.id)
      const isChanged = number % changedEvery === changedEvery - 1
      if (isChanged) set.changedRecords++
      const changed = isChanged ? edited(record, "changed") : record
      for (const writer of writers) {
        const shown = writer.variant === "base" ? record : changed
        writer.add(kind, id, JSON.stringify(writer.variant === "reordered" ? reordered(shown) : shown))
      }
      if (kind === "user" && number % sampleEvery === 0 && sample.length < eventsInBatch) sample.push(record)
      number++
    }
    set.records += number
    for (const writer of writers) writer.endKind(kind)
  }
  for (const writer of writers) {
    set.pages[writer.variant] = writer.pages
    if (writer.variant === "base") {
      set.bytes = Object.values(writer.pages)
        .flat()
        .reduce((sum, page) => sum + page.bytes, 0)
    }
  }
  for (let batch = 0; batch < eventBatches; batch++) {
    const file = join(folder, String(users), `events-${batch}.jsonl`)
    writeFileSync(file, sample.map((record, at) => eventText(record, batch, at)).join("\n"))
    set.eventBatches.push(file)
  }
  return set
}

/** Gathers the items of one variant into pages. */
class VariantWriter {
  readonly variant: Variant
  readonly pages: PageSet["pages"]["base"] & object = {
    district: [],
    school: [],
    term: [],
    course: [],
    user: [],
    section: [],
  }
  readonly #folder: string
  #items: string[] = []
  #lastId = ""

  constructor(folder: string, variant: Variant) {
    this.variant = variant
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  add(kind: (typeof kinds)[number], id: string, text: string): void {
    // A full page is written when one more record comes, so that the last page is never empty.
    if (this.#items.length === pageSize) this.#flush(kind)
    this.#items.push(`{"data":${text},"uri":"/v3.1/${kind}s/${id}"}`)
    this.#lastId = id
  }

  endKind(kind: (typeof kinds)[number]): void {
    this.#flush(kind)
  }

  #flush(kind: (typeof kinds)[number]): void {
    const bytes = Buffer.from(this.#items.join(","))
    const pages: PageFile[] = this.pages[kind]
    const file = join(this.#folder, `${kind}-${pages.length}.json`)
    writeFileSync(file, bytes)
    pages.push({ file, bytes: bytes.length, lastId: this.#lastId })
    this.#items = []
  }
}

/** Events happen now, so that no cursor is too old; their ids ascend from batch to batch. */
const startedAt = Math.floor(Date.now() / 1_000) - 3_600

function eventId(number: number): string {
  return `${startedAt.toString(16)}bbbbbbbbbb${number.toString(16).padStart(6, "0")}`
}

/** The event that stands in the feed before every batch; of a type that a sync skips. */
function firstEvent(districtId: string): string {
  return JSON.stringify({
    created: new Date(startedAt * 1_000).toISOString(),
    data: { object: { id: districtId } },
    id: eventId(0),
    type: "districts.seen",
  })
}

function eventText(record: JsonObject, batch: number, at: number): string {
  return JSON.stringify({
    created: new Date(startedAt * 1_000).toISOString(),
    data: { object: edited(record, `batch${batch}`), previous_attributes: { email: record.email ?? "" } },
    id: eventId(1 + batch * eventsInBatch + at),
    type: "users.updated",
  })
}

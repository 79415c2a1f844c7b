import type { Kind } from "../../src/models/kinds.ts"

/** How a district's pages differ from its base: 1 % of the records changed; or that, with all keys the other way round. */
export type Variant = "base" | "changed" | "reordered"

export const pageSize = 10_000
/** Every how many-th record of a kind is another one in the variant `changed`. */
export const changedEvery = 100
/** Events in one batch: what a delta run of P8 applies. */
export const eventsInBatch = 1_000

/** One page's items, without the answer around them, in a file. */
export interface PageFile {
  file: string
  bytes: number
  lastId: string
}

/** A generated district that lies ready in files: what the server needs to know of it. */
export interface PageSet {
  districtId: string
  users: number
  records: number
  changedRecords: number
  /** Bytes of all pages of the base. */
  bytes: number
  pages: Partial<Record<Variant, Record<Kind, PageFile[]>>>
  /** The JSON text of the event that stands before the first batch. */
  firstEvent: string
  /** A file per batch, one event's JSON text a line. */
  eventBatches: string[]
}

/** Where a district's pages are served, with `latencyMs` before each answer and `batches` of events to be seen. */
export function apiPath(
  users: number,
  options: { variant?: Variant; latencyMs?: number; batches?: number } = {},
): string {
  const { variant = "base", latencyMs = 0, batches = 0 } = options
  return `/${users}-${variant}-${latencyMs}-${batches}`
}

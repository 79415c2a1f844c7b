import { rawFingerprint } from "../models/index.ts"
import type { RecordPage } from "../models/record-page.ts"
import type { Checkpoint } from "../storage/contract.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"

/** What stands for the end of a listing that came without a page. */
export const noPage: RecordPage = {
  body: new Uint8Array(),
  ids: [],
  starts: new Uint32Array(),
  ends: new Uint32Array(),
  count: 0,
  next: null,
}

/** Of each record of a page, by the bytes in which it came. */
export function rawFingerprints(page: RecordPage, scope: CompiledScope | undefined): string[] {
  const fingerprint = scope?.fingerprint ?? rawFingerprint
  const raws: string[] = []
  for (let index = 0; index < page.count; index++) {
    raws.push(fingerprint(page.body.subarray(page.starts[index], page.ends[index])))
  }
  return raws
}

/** True if every record of a page has an id. */
export function isComplete(ids: readonly (string | undefined)[]): ids is readonly string[] {
  return !ids.includes(undefined)
}

/** How the ids of a page follow each other and the last id of the page before. */
export function orderOf(page: RecordPage, lastId: string): "ascending" | "unsorted" | "backwards" {
  let first: string | undefined
  let previous: string | undefined
  for (let index = 0; index < page.count; index++) {
    const id = page.ids[index]
    if (id === undefined) continue
    if (previous !== undefined && id <= previous) return "unsorted"
    first ??= id
    previous = id
  }
  return first !== undefined && first <= lastId ? "backwards" : "ascending"
}

/** The last id of a page; undefined if none of its records has one. */
export function lastIdOf(page: RecordPage): string | undefined {
  for (let index = page.count - 1; index >= 0; index--) {
    const id = page.ids[index]
    if (id !== undefined) return id
  }
  return undefined
}

/** Names a record by its place in the listing, so that a page read again names it the same. */
export function unidentifiedId({ kind, seen }: Checkpoint, index: number): string {
  return `?${kind}-${(seen[kind] ?? 0) + index}`
}

import { idPattern } from "../../../src/models/index.ts"
import { isObject } from "./json-inputs.ts"

export interface ModelPage {
  readonly ids: readonly (string | undefined)[]
  readonly records: readonly unknown[]
  readonly next: string | null
}

/** What the page scanner must find in an answer, by the value that JSON.parse makes of it; undefined if it is no listing. */
export function modelPage(answer: unknown): ModelPage | undefined {
  if (!isObject(answer) || !Array.isArray(answer.data)) return undefined
  const next = nextOf(answer.links)
  if (next === undefined) return undefined
  const items = answer.data.map(modelItem)
  return { ids: items.map(({ id }) => id), records: items.map(({ record }) => record), next }
}

function modelItem(item: unknown): { id: string | undefined; record: unknown } {
  if (!isObject(item)) return { id: undefined, record: item }
  const inner = isObject(item.data) ? item.data : undefined
  const isWrapped = inner !== undefined && (!isText(item.id) || isText(inner.id))
  const record = isWrapped ? inner : item
  const link = "uri" in item ? item.uri : item.links
  return { id: proper(record.id) ?? proper(ownName(link)), record }
}

function ownName(link: unknown): unknown {
  const uri = Array.isArray(link) ? uriOf(link, "self") : link
  return typeof uri === "string" ? uri.split(/[?#]/)[0]?.split("/").at(-1) : undefined
}

/** Undefined for links that are none. */
function nextOf(links: unknown): string | null | undefined {
  if (links === undefined || links === null || links === "") return null
  if (!Array.isArray(links)) return undefined
  const uri = uriOf(links, "next") ?? null
  if (uri === "" || uri === null) return null
  return typeof uri === "string" ? uri : undefined
}

function uriOf(links: readonly unknown[], rel: string): unknown {
  return (links as ({ rel?: unknown; uri?: unknown } | null)[]).find((link) => link?.rel === rel)?.uri
}

function proper(id: unknown): string | undefined {
  return typeof id === "string" && idPattern.test(id) ? id : undefined
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== ""
}

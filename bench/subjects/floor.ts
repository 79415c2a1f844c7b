import { kinds } from "../../src/models/kinds.ts"
import { pageSize } from "../district/page-set.ts"

/** A list answer, as far as paging goes. */
export interface ListAnswer {
  data: { data: { id: string } }[]
  links: { rel: string; uri: string }[]
}

/** The addresses of a district's first pages. */
export function firstPages(apiUrl: string): string[] {
  return kinds.map((kind) => `${apiUrl}/v3.1/${kind}s?limit=${pageSize}`)
}

/** F: all pages one after another with `await (await fetch(u)).json()`; nothing else is done with them. */
export async function readFloor(apiUrl: string): Promise<number> {
  let records = 0
  for (const first of firstPages(apiUrl)) {
    let url: string | undefined = first
    while (url !== undefined) {
      const page = (await (await fetch(url)).json()) as ListAnswer
      records += page.data.length
      const next: string | undefined = page.links.find((link) => link.rel === "next")?.uri
      url = next === undefined ? undefined : new URL(next, url).href
    }
  }
  return records
}

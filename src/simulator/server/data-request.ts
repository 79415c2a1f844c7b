import type { ApiVersion } from "../../models/kinds.ts"
import type { SimulatedDistrict } from "../district/simulated-district.ts"
import { bytesAnswer } from "./answers.ts"
import { ByteWriter } from "./byte-writer.ts"

/** A request to the Data or Events API whose token and version are known to be good. */
export interface DataRequest {
  readonly district: SimulatedDistrict
  readonly version: ApiVersion
  /** The path with the version, as asked for. */
  readonly path: string
  /** The query with its question mark, or nothing. */
  readonly search: string
  readonly query: URLSearchParams
  readonly maxPageSize: number
}

/** One item of a list: the record's text and its address. */
export type ListItem = readonly [text: string, uri: string]

/** A list's answer. Clever puts either its items or its links first. */
export function listAnswer(district: SimulatedDistrict, items: readonly ListItem[], links: string): Response {
  const expected = items.reduce((sum, [text]) => sum + text.length + 80, links.length)
  const writer = new ByteWriter(expected + (expected >> 4))
  writer.add(district.shufflesKeys ? `{"links":${links},"data":[` : '{"data":[')
  let separator = '{"data":'
  for (const [text, uri] of items) {
    writer.add(separator)
    writer.add(district.present(text))
    writer.add(`,"uri":"${uri}"}`)
    separator = ',{"data":'
  }
  writer.add(district.shufflesKeys ? "]}" : `],"links":${links}}`)
  return bytesAnswer(200, writer.bytes())
}

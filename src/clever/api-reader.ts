import { idPattern, type RecordPage } from "../models/index.ts"
import { BodyBuffer } from "./body-buffer.ts"
import { bodyInvalid } from "./byte-lexer.ts"
import { type ClientSettings, invalidOption, readPageSize } from "./client-options.ts"
import { type CredentialKeeper, parseBody } from "./credentials.ts"
import { buildUrl, resolveLink } from "./links.ts"
import type { ListedByKind, ListedKind } from "./list-paths.ts"
import { PageScanner } from "./page-scanner.ts"
import { PageSlots } from "./page-slots.ts"
import { walkPages } from "./page-walk.ts"
import type { RejectedRecord } from "./record-lists.ts"
import type { Requester } from "./requester.ts"

/** Which district's token to use, and how to stop. */
export interface DistrictOptions {
  readonly districtId: string
  /** Ends the request at hand, and rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /** Told before each request is sent, retries and token requests included; what it throws is ignored. */
  readonly onRequest?: (() => void) | undefined
}

export interface ListOptions extends DistrictOptions {
  /** Records a page, 1 to 10,000. Default: the client's. */
  readonly pageSize?: number | undefined
  /** Told of each record that fails validation, which is then left out. Without it such a record throws. */
  readonly onRejected?: ((rejected: RejectedRecord) => void) | undefined
}

export interface SingleOptions extends DistrictOptions {
  /** The record's Clever id. */
  readonly id: string
}

/** What a walk over a list asks for. */
export interface WalkOptions extends DistrictOptions {
  /** Below the API version, as in `/users`. */
  readonly path: string
  readonly pageSize?: number | undefined
  readonly parameters?: Readonly<Record<string, string | undefined>>
  /** A `next` link to go on from. */
  readonly from?: string | undefined
  readonly otherKey?: string | undefined
}

/** Reads lists and single records of the Data API with a district's token. */
export class ApiReader {
  readonly #settings: ClientSettings
  readonly #requester: Requester
  readonly #credentials: CredentialKeeper
  readonly #slots: PageSlots = new PageSlots()

  constructor(settings: ClientSettings, requester: Requester, credentials: CredentialKeeper) {
    this.#settings = settings
    this.#requester = requester
    this.#credentials = credentials
  }

  /** A list's pages as bytes. */
  async *walk(options: WalkOptions): AsyncGenerator<RecordPage, void, void> {
    const { path, parameters, from, otherKey, districtId, signal, onRequest } = options
    const { apiUrl, apiVersion, pageSize } = this.#settings
    const limit = readPageSize(options.pageSize ?? pageSize)
    const first =
      from === undefined
        ? buildUrl(apiUrl, `/${apiVersion}${path}`, { ...parameters, limit })
        : resolveLink(from, apiUrl)
    const credentials = this.#credentials.forDistrict(districtId)
    yield* walkPages({
      requester: this.#requester,
      slots: this.#slots,
      credentials,
      base: apiUrl,
      first,
      signal,
      onRequest,
      otherKey,
    })
  }

  /** A list's records, validated. */
  async *list<K extends ListedKind>(
    kind: K,
    path: string,
    options: ListOptions,
    parameters: Readonly<Record<string, string | undefined>> = {},
  ): AsyncGenerator<ListedByKind[K], void, void> {
    const { districtId, onRejected, pageSize, signal, onRequest } = options
    const otherKey = kind === "resource" ? "resources" : undefined
    const { readRecords } = await import("./record-lists.ts")
    for await (const page of this.walk({
      path,
      districtId,
      pageSize,
      signal,
      onRequest,
      parameters,
      otherKey,
    })) {
      yield* readRecords(page, { kind, districtId, onRejected })
    }
  }

  /** One record, validated; `path` is the list's, `relation` as in `/school`. */
  async single<K extends ListedKind>(
    kind: K,
    path: string,
    options: SingleOptions,
    relation = "",
  ): Promise<ListedByKind[K]> {
    const value = await this.fetch(path, options, relation)
    const { readRecord } = await import("./record-lists.ts")
    const record = readRecord(value, { kind, districtId: options.districtId })
    if (record === undefined) throw bodyInvalid("the record is missing", 0)
    return record
  }

  /** One record as Clever sends it, without its wrapping. */
  async fetch(path: string, options: SingleOptions, relation = ""): Promise<unknown> {
    const body = await this.#request(`${path}/${readId("id", options.id)}${relation}`, options, parseBody)
    const { data, id } = (body ?? {}) as { data?: unknown; id?: unknown }
    return data !== undefined && id === undefined ? data : body
  }

  /** The same as the text that Clever sent: the bytes that a listing would have of it. */
  fetchText(path: string, options: SingleOptions): Promise<string> {
    return this.#request(`${path}/${readId("id", options.id)}`, options, (body) => {
      // The scanner passes over what stands in a record, and one answer is quickly parsed.
      parseBody(body)
      return recordText(body.text())
    })
  }

  #request<Result>(
    path: string,
    { districtId, signal, onRequest }: DistrictOptions,
    read: (body: BodyBuffer) => Result,
  ): Promise<Result> {
    const { apiUrl, apiVersion } = this.#settings
    return this.#requester.request({
      url: buildUrl(apiUrl, `/${apiVersion}${path}`),
      credentials: this.#credentials.forDistrict(districtId),
      body: new BodyBuffer(),
      signal: signal ?? new AbortController().signal,
      onRequest,
      read,
    })
  }
}

/** The record in an answer for one: an item of a list, and so found as such. */
function recordText(answer: string): string {
  const bytes = Buffer.from(`{"data":[${answer}]}`)
  const { count, starts, ends } = new PageScanner().scan(bytes, bytes.length)
  const [start = 0] = starts
  const text = bytes.toString("utf8", start, ends[0])
  if (count !== 1 || !text.startsWith("{")) throw bodyInvalid("the record is missing", 0)
  return text
}

/** The id if it has the form of one: it becomes part of an address. Throws `INVALID_OPTIONS`. */
export function readId(option: string, id: string): string {
  if (idPattern.test(id)) return id
  throw invalidOption(option, "must be a Clever id")
}

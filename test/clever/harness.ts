import nock from "nock"
import { afterEach, beforeEach, expect } from "vitest"
import { CleverClient, type CleverClientOptions, type RequestReport } from "../../src/clever/index.ts"
import { type ErrorCode, HomeroomError } from "../../src/errors/index.ts"

export const apiUrl = "https://api.clever.com"
export const authUrl = "https://clever.com"
export const districtId = "5a0c91b95c7cc000010d417c"
export const token = "canary-token-5b1e"
export const clientId = "canary-client-id"
export const clientSecret = "canary-client-secret"
export const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`

/** A client whose waits are written down instead of waited out; jitter is always the whole of it. */
export function testClient(options: CleverClientOptions = { districtToken: token }): {
  client: CleverClient
  waits: number[]
  reports: RequestReport[]
} {
  const waits: number[] = []
  const reports: RequestReport[] = []
  const client = new CleverClient({
    clock: () => 1_700_000_000_000,
    random: () => 1,
    sleep: async (ms) => {
      waits.push(ms)
    },
    onRequest: (report) => reports.push(report),
    ...options,
  })
  return { client, waits, reports }
}

/** The API with the token that the tests use. */
export function api(expectedToken: string = token): nock.Scope {
  return nock(apiUrl, { reqheaders: { authorization: `Bearer ${expectedToken}` } })
}

/** Lets nock answer for Clever, and nothing reach a network; every answer prepared must have been asked for. */
export function useNock(): void {
  beforeEach(() => {
    nock.disableNetConnect()
  })
  afterEach(() => {
    const unused = nock.pendingMocks()
    nock.abortPendingRequests()
    nock.cleanAll()
    nock.enableNetConnect()
    nock.restore()
    nock.activate()
    expect(unused).toEqual([])
  })
}

/** The number-th id, in ascending order. */
export function idOf(number: number): string {
  return number.toString(16).padStart(24, "0")
}

/** A page of users with these ids, as Clever writes it. */
export function userPage(ids: readonly string[], next?: string): Record<string, unknown> {
  return {
    data: ids.map((id) => ({ data: { id, district: districtId, email: "x" }, uri: `/v3.1/users/${id}` })),
    links: [{ rel: "self", uri: "/v3.1/users" }, ...(next === undefined ? [] : [{ rel: "next", uri: next }])],
  }
}

/** The ids of each page of users. */
export async function userPageIds(
  client: CleverClient,
  options: { pageSize?: number; from?: string; signal?: AbortSignal } = {},
): Promise<(string | undefined)[][]> {
  const pages: (string | undefined)[][] = []
  for await (const page of client.recordPages({ districtId, kind: "user", pageSize: 100, ...options })) {
    pages.push(page.ids.slice(0, page.count))
  }
  return pages
}

/** The error that this ends with, which must be ours and of this code. */
export async function failure(
  work: Promise<unknown> | (() => unknown),
  code: ErrorCode,
): Promise<HomeroomError> {
  try {
    await (typeof work === "function" ? work() : work)
  } catch (error) {
    expect(error).toBeInstanceOf(HomeroomError)
    expect((error as HomeroomError).code, (error as HomeroomError).message).toBe(code)
    return error as HomeroomError
  }
  return expect.unreachable(`${code} was not thrown`)
}

/** All that an async iterable gives. */
export async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of list) items.push(item)
  return items
}

/** One request that the simulator answered. */
export interface LoggedRequest {
  method: string
  /** Path and query, as asked for. */
  path: string
  /** The status of the answer; 0 where the connection was cut instead. */
  status: number
  /** The district of the token used, if it is one. */
  districtId: string | undefined
}

/** Which requests to count: every part given must fit. */
export interface RequestFilter {
  method?: string | undefined
  /** A text must be the path without the query and the version (`/users`); a pattern is tried on all of it. */
  path?: string | RegExp | undefined
  status?: number | undefined
}

const kept = 100_000

/** What was asked of the simulator, for tests to assert on. Remembers the last 100,000 requests. */
export class RequestLog {
  #requests: LoggedRequest[] = []
  #total = 0

  /** How many requests came since the beginning or the last `clear()`. */
  get total(): number {
    return this.#total
  }

  /** The requests that fit, oldest first. */
  list(filter: RequestFilter = {}): readonly LoggedRequest[] {
    return this.#requests.filter(
      (request) =>
        (filter.method === undefined || request.method === filter.method) &&
        (filter.status === undefined || request.status === filter.status) &&
        (filter.path === undefined || matchesPath(request.path, filter.path)),
    )
  }

  /** How many requests fit. */
  count(filter: RequestFilter = {}): number {
    return this.list(filter).length
  }

  /** Forgets all requests. */
  clear(): void {
    this.#requests = []
    this.#total = 0
  }

  /** Called by the server for every request. */
  add(request: LoggedRequest): void {
    this.#total += 1
    this.#requests.push(request)
    if (this.#requests.length > 2 * kept) this.#requests = this.#requests.slice(-kept)
  }
}

/** A path without its version and query: `/v3.0/users?limit=2` is `/users`. */
export function barePath(path: string): string {
  return path.replace(/[?#].*$/, "").replace(/^\/v\d+\.\d+(?=\/)/, "")
}

/** True if a request's path and query fit a text (the bare path) or a pattern. */
export function matchesPath(path: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? barePath(path) === wanted : path.search(wanted) !== -1
}

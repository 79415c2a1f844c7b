/**
 * What a request to a login route carries. A web `Request`, Node's `IncomingMessage`, Express's and Fastify's
 * requests all fit.
 */
export interface LoginRequest {
  readonly method?: string | undefined
  /** Path and query; of an absolute address the rest is ignored. */
  readonly url?: string | undefined
  readonly headers: RequestHeaders
}

/** Headers by lower-case name, or the web's `Headers`. */
export type RequestHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined }

/** A header's value; several of one name are joined, as in HTTP (RFC 9110 §5.3). */
export function headerOf(request: LoginRequest, name: string): string | undefined {
  const { headers } = request
  if (typeof headers.get === "function") return headers.get(name) ?? undefined
  const value = (headers as Readonly<Record<string, string | readonly string[] | undefined>>)[name]
  if (value === undefined || typeof value === "string") return value
  return value.join(name === "cookie" ? "; " : ", ")
}

/** The request's address. Its host is no one's: nothing may be built from what the request says about it. */
export function addressOf(request: LoginRequest): URL {
  const { url = "/" } = request
  // Two leading slashes would be read as a host.
  const address = url.startsWith("/") ? `http://request.invalid/${url.replace(/^\/+/, "")}` : url
  return URL.parse(address) ?? new URL("http://request.invalid/")
}

/** The cookies a request carries; of several with one name the first counts. */
export function cookiesOf(request: LoginRequest): Map<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of (headerOf(request, "cookie") ?? "").split(";")) {
    const at = pair.indexOf("=")
    const name = pair.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim())
  }
  return cookies
}

/** Whether a browser fetches this ahead of time, without anybody having opened it. */
export function isPrefetch(request: LoginRequest): boolean {
  return ["sec-purpose", "purpose", "x-moz", "x-purpose"].some((name) =>
    /prefetch|prerender|preview/i.test(headerOf(request, name) ?? ""),
  )
}

/**
 * Whether somebody opened this address in a window: not an image, a frame or a script of a page (Fetch Metadata).
 * A service worker that passes a page's opening on has no destination, but still navigates or is the app's own.
 */
export function isNavigation(request: LoginRequest): boolean {
  const destination = headerOf(request, "sec-fetch-dest") ?? ""
  if (destination !== "empty") return destination === "" || destination === "document"
  const mode = headerOf(request, "sec-fetch-mode") ?? "navigate"
  return mode === "navigate" || headerOf(request, "sec-fetch-site") === "same-origin"
}

/** Whether a page of another site sent the browser here; undefined if the browser doesn't say. */
export function isCrossSite(request: LoginRequest): boolean | undefined {
  const site = headerOf(request, "sec-fetch-site")
  return site === undefined ? undefined : site === "cross-site"
}

/** Whether the answer should be JSON: true if `Accept` ranks it above HTML. */
export function prefersJson(request: LoginRequest): boolean {
  const accept = headerOf(request, "accept") ?? ""
  return quality(accept, "application/json") > quality(accept, "text/html")
}

/** A media type's quality in an `Accept` header (RFC 9110 §12.5.1), named exactly. */
function quality(accept: string, type: string): number {
  for (const entry of accept.split(",")) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase())
    if (name !== type) continue
    const q = parameters.find((parameter) => parameter.startsWith("q="))
    const value = q === undefined ? 1 : Number(q.slice(2))
    return Number.isNaN(value) ? 0 : value
  }
  return 0
}

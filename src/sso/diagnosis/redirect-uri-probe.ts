/** What Clever answers to an authorization request with a redirect URI, as far as that can be told from outside. */
export type RedirectUriAnswer =
  /** Where an address that is surely not registered is refused, this one is let through. */
  | { readonly state: "accepted" }
  /** Clever's page says that the redirect URI is what it refuses. */
  | { readonly state: "refused"; readonly status: number }
  /** An answer that can mean several things. `why`: it is refused for a reason not given, or treated as any other. */
  | { readonly state: "unclear"; readonly status: number; readonly why: "error" | "same-as-any" }

interface ProbeOptions {
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs: number
  /** The authorization request as a login would make it. */
  readonly address: URL
}

/** Reserved for such use: nobody can have registered it (RFC 2606, section 2). */
const surelyUnregistered = "https://homeroom-doctor.invalid/auth/clever/callback"

/** More of a page than is needed to find out what it says. */
const mostBytes = 64 * 1024

/**
 * Asks Clever's authorization endpoint twice, as a browser without a session: with the app's redirect URI, and with
 * one that nobody can have registered. The pair tells more than either answer, since Clever documents neither.
 *
 * Follows no redirect and sends no credentials. Rejects with what `fetch` rejects with.
 */
export async function probeRedirectUri({ address, ...options }: ProbeOptions): Promise<RedirectUriAnswer> {
  const foreign = new URL(address)
  foreign.searchParams.set("redirect_uri", surelyUnregistered)
  const own = await ask(options, address)
  if (own.isRefusal) {
    if (own.status >= 400 && own.namesRedirectUri) return { state: "refused", status: own.status }
    return { state: "unclear", status: own.status, why: "error" }
  }
  const other = await ask(options, foreign)
  if (other.isRefusal) return { state: "accepted" }
  return { state: "unclear", status: own.status, why: "same-as-any" }
}

interface Asked {
  readonly status: number
  readonly isRefusal: boolean
  readonly namesRedirectUri: boolean
}

async function ask(options: Omit<ProbeOptions, "address">, address: URL): Promise<Asked> {
  const { fetch, timeoutMs } = options
  const response = await fetch(address.href, {
    headers: { accept: "text/html" },
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  })
  const { status } = response
  const text = await beginningOf(response)
  const isErrorPage =
    status === 200 && /redirect[\s_-]?ur[il]\b[^.<]{0,80}\b(?:invalid|not|mismatch)/i.test(text)
  return {
    status,
    isRefusal: status >= 400 || leadsToError(response, address) || isErrorPage,
    namesRedirectUri: /redirect[\s_-]?ur[il]/i.test(text),
  }
}

/** A login page is no refusal; a redirect to a page of errors is, and so is one that brings an error back. */
function leadsToError(response: Response, address: URL): boolean {
  const location = response.headers.get("location") ?? ""
  if (location === "" || !URL.canParse(location, address.href)) return false
  const { pathname, searchParams } = new URL(location, address)
  return /\berror/i.test(pathname) || searchParams.has("error")
}

async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  if (response.body !== null) {
    // Leaving the loop closes the connection.
    for await (const chunk of response.body) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= mostBytes) break
    }
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, mostBytes))
}

import { HomeroomError } from "../errors/index.ts"
import { bodyInvalid } from "./byte-lexer.ts"

/**
 * Where a link of Clever's leads: resolved on the configured address and, query and all, exactly as given (S6).
 *
 * Throws `CLEVER_LINK_FOREIGN` if that is another scheme, host or port, `CLEVER_BODY_INVALID` if it is no link.
 */
export function resolveLink(link: string, base: URL): URL {
  if (!URL.canParse(link, base.href)) throw bodyInvalid("its next link is no address", 0)
  const url = new URL(link, base)
  if (url.origin !== base.origin || url.username !== "" || url.password !== "") {
    throw new HomeroomError("CLEVER_LINK_FOREIGN", {
      message: "A paging link leads away from the configured Clever host; it was not followed.",
      details: { expectedOrigin: base.origin, origin: url.origin },
    })
  }
  url.hash = ""
  return url
}

/** An address below the base, with the parameters that have a value. */
export function buildUrl(
  base: URL,
  path: string,
  parameters: Readonly<Record<string, string | number | undefined>> = {},
): URL {
  const url = new URL(base)
  url.pathname = `${base.pathname === "/" ? "" : base.pathname}${path}`
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

/** The page size that an address asks for, if it does. */
export function limitOf(url: URL): number | undefined {
  const limit = Number(url.searchParams.get("limit"))
  return Number.isInteger(limit) && limit > 0 ? limit : undefined
}

/** The same place in the list with another page size; the rest of the address stays as it is. */
export function withLimit(url: URL, limit: number): URL {
  const changed = new URL(url)
  const parts = url.search === "" ? [] : url.search.slice(1).split("&")
  const at = parts.findIndex((part) => new URLSearchParams(`?${part}`).has("limit"))
  parts[at < 0 ? parts.length : at] = `limit=${limit}`
  changed.search = `?${parts.join("&")}`
  return changed
}

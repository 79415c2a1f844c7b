/**
 * Whether a form was sent from the console's own pages. Browsers say so in `Sec-Fetch-Site`; those that do not, and
 * those on plain http, in `Origin`, which must then be one of `origins` or of the host that was asked.
 */
export function isSameOrigin(request: Request, origins: readonly string[]): boolean {
  const { headers } = request
  const origin = headers.get("origin")
  if (origin !== null && origins.includes(origin)) return true
  const site = headers.get("sec-fetch-site")
  if (site !== null) return site === "same-origin"
  if (origin === null || !URL.canParse(origin)) return false
  return new URL(origin).host === (headers.get("host") ?? new URL(request.url).host)
}

import { nodeCrypto } from "../models/index.ts"

/** What to send for a login route: a status, headers (a name may come more than once) and a body. */
export interface LoginAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Empty for a redirect. */
  readonly body: string
}

/** Headers of every answer of a login route: nothing of it may be kept or passed on (R39). */
const always: readonly (readonly [string, string])[] = [
  ["cache-control", "no-store"],
  ["referrer-policy", "no-referrer"],
  ["x-content-type-options", "nosniff"],
]

/** Sends the browser on with a GET (RFC 9110 §15.4.4). */
export function redirectAnswer(location: string): LoginAnswer {
  return { status: 303, headers: [...always, ["location", location]], body: "" }
}

/** An answer without a body. */
export function emptyAnswer(
  status: number,
  headers: readonly (readonly [string, string])[] = [],
): LoginAnswer {
  return { status, headers: [...always, ...headers], body: "" }
}

export function jsonAnswer(status: number, body: unknown): LoginAnswer {
  const headers = [...always, ["content-type", "application/json; charset=utf-8"]] as const
  return { status, headers, body: JSON.stringify(body) }
}

/** A page without scripts; `frameAncestors` says who may frame it, nobody by default. */
export function htmlAnswer(status: number, body: string, frameAncestors: readonly string[]): LoginAnswer {
  const ancestors = frameAncestors.length === 0 ? "'none'" : frameAncestors.join(" ")
  const policy = `default-src 'none'; style-src 'sha256-${styleHash(body)}'; form-action 'self'; base-uri 'none'; frame-ancestors ${ancestors}`
  const framing: readonly (readonly [string, string])[] =
    frameAncestors.length === 0 ? [["x-frame-options", "DENY"]] : []
  return {
    status,
    headers: [
      ...always,
      ["content-type", "text/html; charset=utf-8"],
      ["content-security-policy", policy],
      ...framing,
    ],
    body,
  }
}

/** The answer with these cookies set besides. */
export function withCookies(answer: LoginAnswer, setCookies: readonly string[]): LoginAnswer {
  const headers = setCookies.map((cookie) => ["set-cookie", cookie] as const)
  return { ...answer, headers: [...answer.headers, ...headers] }
}

/** A door's answer as a web `Response`. */
export function toResponse({ status, headers, body }: LoginAnswer): Response {
  const answered = new Headers()
  for (const [name, value] of headers) answered.append(name, value)
  return new Response(status === 204 || status === 304 ? null : body, { status, headers: answered })
}

function styleHash(page: string): string {
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ""
  let hash = styleHashes.get(style)
  if (hash === undefined) {
    hash = nodeCrypto().createHash("sha256").update(style).digest("base64")
    styleHashes.set(style, hash)
  }
  return hash
}

const styleHashes = new Map<string, string>()

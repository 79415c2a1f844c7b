import { expect, test } from "vitest"
import { probeRedirectUri } from "../../../src/sso/diagnosis/redirect-uri-probe.ts"

const own = "https://app.example/auth/clever/callback"
const address = new URL(
  `https://clever.com/oauth/authorize?response_type=code&redirect_uri=${encodeURIComponent(own)}`,
)

const to = (location: string) => () => new Response(null, { status: 302, headers: { location } })
const page = (status: number, text: string) => () =>
  new Response(`<html><body>${text}</body></html>`, { status, headers: { "content-type": "text/html" } })
const login = to("https://clever.com/login?continue=redirect_uri%3Dx%26error%3Dy")
const plain = page(200, "Log in with your redirect URI of choice")

test.each([
  ["sent to a login page, and another refused", login, page(400, "Bad redirect_uri"), { state: "accepted" }],
  ["shown a login page, and another refused", plain, page(403, "No"), { state: "accepted" }],
  [
    "shown a login page, and another sent to an error",
    plain,
    to("/oauth/error?reason=1"),
    { state: "accepted" },
  ],
  ["refused by name", page(400, "Invalid redirect URI"), login, { state: "refused", status: 400 }],
  ["refused by name, in code", page(403, "redirect_uri_mismatch"), login, { state: "refused", status: 403 }],
  ["refused without a reason", page(400, "Oops"), login, { state: "unclear", status: 400, why: "error" }],
  [
    "refused on a page that is no error by its status",
    page(200, "The redirect_uri is not registered."),
    login,
    { state: "unclear", status: 200, why: "error" },
  ],
  [
    "sent back with an error",
    to(`${own}?error=unauthorized_client`),
    login,
    { state: "unclear", status: 302, why: "error" },
  ],
  ["an outage", page(503, "redirecting"), login, { state: "unclear", status: 503, why: "error" }],
  ["treated as any other", login, login, { state: "unclear", status: 302, why: "same-as-any" }],
])("%s", async (_name, ownAnswer, otherAnswer, expected) => {
  const asked: (string | null)[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    expect(init).toMatchObject({ redirect: "manual" })
    const redirectUri = new URL(String(input)).searchParams.get("redirect_uri")
    asked.push(redirectUri)
    return redirectUri === own ? ownAnswer() : otherAnswer()
  }
  expect(await probeRedirectUri({ fetch, timeoutMs: 1_000, address })).toEqual(expected)
  expect(asked[0]).toBe(own)
  expect(asked[1] ?? "https://x.invalid").toMatch(/\.invalid\b/)
})

test("no more of a page is read than is needed", async () => {
  let pulled = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(16 * 1024).fill(32))
    },
  })
  const fetch: typeof globalThis.fetch = async () => new Response(endless, { status: 400 })
  expect(await probeRedirectUri({ fetch, timeoutMs: 1_000, address })).toMatchObject({ state: "unclear" })
  expect(pulled).toBeLessThan(10)
})

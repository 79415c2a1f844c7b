import assert from "node:assert/strict"
import fc from "fast-check"
import { ReturnTargets } from "../../../src/sso/return-to.ts"
import { type Fuzzer, text } from "../engine/fuzzer.ts"
import { encoded } from "../support/json-inputs.ts"

const origin = "https://app.example"
const allowed = "https://other.example:8443"
const targets = new ReturnTargets({
  origin,
  homePath: "/home",
  ownPaths: ["/auth/clever/login", "/auth/clever/callback", "/auth/clever/logout"],
  allowedOrigins: [allowed],
})

const words = [
  "/",
  "//",
  "\\",
  "/\\",
  "https:",
  "http:",
  "javascript:",
  "data:",
  "@",
  "?",
  "#",
  ".",
  "..",
  "%2e",
  "%2f",
  "%5c",
  "%00",
  "\t",
  "\n",
  "\u00a0",
  "\u2028",
  "。",
  "app.example",
  "other.example:8443",
  "elsewhere.example",
  "auth/clever/login",
  "AUTH",
  ":443",
  "[::1]",
  "0x7f.1",
]

export const returnTo: Fuzzer = {
  name: "return-to",
  inputs: encoded(
    fc.oneof(
      fc.array(fc.constantFrom(...words), { maxLength: 8 }).map((parts) => parts.join("")),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.webPath(),
    ),
  ),
  words,
  properties: {
    "never leaves the app's own origin and those it allows": (input) => {
      const target = targets.read(text(input))
      // As a browser resolves it, from any page of the app's.
      for (const page of [`${origin}/`, `${origin}/auth/clever/callback?code=1`]) {
        const { origin: at, username, password } = new URL(target, page)
        assert.ok(at === origin || (at === allowed && target.startsWith(`${allowed}/`)), "it leads away")
        assert.equal(username + password, "")
      }
    },
    "is one line that a header can carry": (input) => {
      const target = targets.read(text(input))
      assert.match(target, /^[\x21-\x7e]{1,1100}$/)
      new Headers({ location: target })
    },
    "never leads back into a login": (input) => {
      const { origin: at, pathname } = new URL(targets.read(text(input)), origin)
      // Another app's routes are its own.
      if (at !== origin) return
      const routed = decodeURIComponent(pathname).toLowerCase().replace(/\/+$/, "")
      assert.doesNotMatch(routed, /^\/auth\/clever\/(?:login|callback|logout)$/)
    },
    "stays as it is when it is read again": (input) => {
      const target = targets.read(text(input))
      assert.equal(targets.read(target), target)
    },
  },
}

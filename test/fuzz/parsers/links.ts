import assert from "node:assert/strict"
import fc from "fast-check"
import { limitOf, resolveLink, withLimit } from "../../../src/clever/links.ts"
import { type Fuzzer, text } from "../engine/fuzzer.ts"
import { outcome } from "../engine/outcome.ts"
import { encoded } from "../support/json-inputs.ts"

const bases = [new URL("https://api.clever.com"), new URL("http://127.0.0.1:4000/clever")]

const parameter = fc.constantFrom(
  "limit=100",
  "limit=x",
  "limit=",
  "li%6dit=5",
  "limit=1e3",
  "starting_after=u1",
  "limit=7&limit=9",
)
const link = fc
  .tuple(
    fc.constantFrom(
      "",
      "/v3.1/users",
      "https://api.clever.com/v3.1/users",
      "//elsewhere.example/v3.1/users",
      "http://127.0.0.1:4000/x",
      "https://u:p@api.clever.com/",
      "\\\\elsewhere.example\\x",
    ),
    fc.array(parameter, { maxLength: 3 }),
  )
  .map(([path, parameters]) => (parameters.length === 0 ? path : `${path}?${parameters.join("&")}`))

export const links: Fuzzer = {
  name: "links",
  inputs: encoded(fc.oneof(link, fc.webUrl({ withQueryParameters: true, withFragments: true }))),
  words: [
    "://",
    "//",
    "\\",
    "@",
    "#",
    "?",
    "&",
    "limit=",
    "%6c",
    "https:",
    "javascript:",
    "\0",
    "\t",
    "..",
    "[::1]",
    "。",
  ],
  properties: {
    "stays on Clever's origin, with no user name in it, or is refused": (input) => {
      for (const base of bases) {
        const { value: url, code } = outcome(() => resolveLink(text(input), base))
        if (url === undefined) assert.ok(code === "CLEVER_LINK_FOREIGN" || code === "CLEVER_BODY_INVALID")
        else assert.equal(`${url.origin}${url.username}${url.password}${url.hash}`, base.origin)
      }
    },
    "takes another page size, and nothing else changes": (input) => {
      for (const base of bases) {
        const url = outcome(() => resolveLink(text(input), base)).value
        if (url === undefined) continue
        const changed = withLimit(url, 250)
        assert.equal(limitOf(changed), 250)
        const others = ({ searchParams }: URL) => [...searchParams].filter(([name]) => name !== "limit")
        assert.deepEqual(others(changed), others(url))
        assert.equal(changed.pathname, url.pathname)
      }
    },
  },
}

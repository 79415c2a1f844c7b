import assert from "node:assert/strict"
import fc from "fast-check"
import { CsrfTokens } from "../../../src/console/security/csrf.ts"
import { CookieJar } from "../../../src/sso/cookie-jar.ts"
import { Keyring, type SealPurpose } from "../../../src/sso/keyring.ts"
import { cookiesOf } from "../../../src/sso/login-request.ts"
import { SealedSessions } from "../../../src/sso/sealed-session.ts"
import { Transactions } from "../../../src/sso/transactions.ts"
import { bytes, type Fuzzer, text } from "../engine/fuzzer.ts"

const host = "app.example"
const secure = true
const keyring = new Keyring({
  secrets: ["the newest secret of the tests, long enough", "an older one of the tests, long enough"],
  host,
})
const purposes: readonly SealPurpose[] = ["clever-txn", "clever-session", "clever-bounce"]
const clock = () => Date.parse("2026-09-01T06:00:00Z")
const sealedSession = keyring.seal("clever-session", { v: 1, id: "s1", cleverId: "u1" })
const transactions = new Transactions({ keyring, secure, clock })
const jar = new CookieJar({ secure })
const begun = transactions.begin({ headers: {} }, jar, {
  nonce: null,
  codeVerifier: null,
  redirectUri: `https://${host}/auth/clever/callback`,
  clientId: "client",
  issuer: "https://clever.com",
  returnTo: "/",
  districtId: null,
  origin: "app",
  linkAccountId: null,
})
const transactionCookie = jar.lines[0]?.split(";")[0] ?? ""
const formTokens = new CsrfTokens(["a secret of the forms, thirty-two bytes or more"], clock)
const formToken = formTokens.make("ada")

const sealedTransaction = transactionCookie.slice(transactionCookie.indexOf("=") + 1)
const sealed: readonly string[] = [sealedSession, sealedTransaction]

/** Cookies hold no white space at their ends. */
function cookieValue(input: Uint8Array): string {
  return (text(input).split(";")[0] ?? "").trim()
}

export const cookies: Fuzzer = {
  name: "cookies",
  runs: 400,
  // What is sealed is another text in every run, so that files alone can't come near it.
  inputs: fc.constantFrom(...sealed, formToken, `a=b; ${transactionCookie}; ${transactionCookie}`).map(bytes),
  words: [
    ".",
    "=",
    ";",
    " ",
    "\0",
    "A",
    "__Host-clever_session=",
    sealedSession.split(".")[0] ?? "",
    formToken.split(".")[2] ?? "",
  ],
  properties: {
    "opens as what was sealed, for its purpose, and not with one bit changed": (input) => {
      for (const purpose of purposes) {
        const opened = keyring.open(purpose, text(input))
        const isOurs =
          sealed[purpose === "clever-session" ? 0 : purpose === "clever-txn" ? 1 : 2] === text(input)
        assert.equal(opened !== undefined, isOurs, `${purpose}: ${isOurs ? "is refused" : "opens"}`)
      }
    },
    "is a session only as it was set": async (input) => {
      const sessions = new SealedSessions({ keyring, secure })
      const request = { headers: { cookie: `__Host-clever_session=${text(input)}` } }
      const session = await sessions.read({ request, jar, native: undefined })
      assert.equal(session !== undefined, cookieValue(input) === sealedSession)
    },
    "is a login on its way only as it was set": (input) => {
      const name = transactionCookie.split("=")[0]
      const request = { headers: { cookie: `${name}=${text(input)}` } }
      const found = transactions.find(request, begun.state)
      assert.equal(found !== undefined, cookieValue(input) === sealedTransaction)
      assert.equal(transactions.find({ headers: { cookie: text(input) } }, text(input)), undefined)
    },
    "is read by name, the first of a name": (input) => {
      const read = cookiesOf({ headers: { cookie: text(input) } })
      const pairs = text(input)
        .split(";")
        .filter((pair) => pair.indexOf("=") > 0)
        .map(
          (pair) =>
            /^([^=]*)=(.*)$/s
              .exec(pair)
              ?.slice(1)
              .map((part) => part.trim()) ?? [],
        )
      assert.deepEqual(
        new Map(read),
        new Map(pairs.reverse().map(([name = "", value = ""]) => [name, value])),
      )
    },
    "is a form's token only as it was made, and for whom": (input) => {
      assert.equal(formTokens.isValid(text(input), "ada"), text(input) === formToken)
      assert.equal(formTokens.isValid(text(input), "eve"), false)
    },
  },
}

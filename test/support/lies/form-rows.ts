import type { LieRow } from "./lie-row.ts"
import {
  claims,
  flip,
  header,
  hs256,
  invalid,
  jsonForm,
  publicJwk,
  signedWith,
  strayBits,
  tellIdToken,
  token,
  without,
} from "./tell.ts"

/** Headers, forms and algorithms (R6, R7). */
export const formRows: readonly LieRow[] = [
  ...(
    [
      ["crit unknown", { crit: ["exp"] }],
      ["crit b64", { crit: ["b64"], b64: false }],
      ["crit empty", { crit: [] }],
      ["b64 without crit", { b64: false }],
      ["alg rs256", { alg: "rs256" }],
      ["alg None", { alg: "None" }],
      ["alg RS512 over an RS256 signature", { alg: "RS512" }],
      ["alg missing", { alg: undefined }],
      ["alg in an array", { alg: ["RS256"] }],
      ["kid a number", { kid: 1 }],
      ["kid null", { kid: null }],
      ["kid unknown", { kid: "../../dev/null" }],
      ["kid __proto__", { kid: "__proto__" }],
      ["typ of an access token", { typ: "at+jwt" }],
      ["typ of a logout token", { typ: "logout+jwt" }],
    ] as const
  ).map(
    ([name, change]): LieRow => ({
      name,
      rule: "R7",
      tell: header((honest) => ({ ...honest, ...change })),
      outcome: invalid,
    }),
  ),
  { name: "typ missing", rule: "R6", tell: header((honest) => without(honest, "typ")), outcome: "accepted" },
  ...(["jwk", "x5c", "jku", "x5u"] as const).map(
    (source): LieRow => ({
      name: `the key in the header's ${source}`,
      rule: "R7",
      tell: (lying, { other }) => {
        const { header: honest, claims: rest } = lying.honestToken()
        const values = {
          jwk: publicJwk(other, {}),
          x5c: [other.publicKey.export({ type: "spki", format: "der" }).toString("base64")],
          jku: `${lying.issuer}/other/keys`,
          x5u: `${lying.issuer}/other/keys`,
        }
        const parts = { header: { ...honest, [source]: values[source] }, claims: rest }
        tellIdToken(lying, lying.sign(parts, other.privateKey))
      },
      outcome: invalid,
    }),
  ),
  {
    name: "the right key, beside a foreign one in the header",
    rule: "R7",
    tell: header((honest, { other }) => ({
      ...honest,
      jwk: publicJwk(other, {}),
      jku: "https://evil.example",
    })),
    outcome: "accepted",
  },
  {
    name: "HS256 with the client secret",
    rule: "R6",
    tell: signedWith("HS256", (input) => hs256(input, "canary-client-secret")),
    outcome: invalid,
  },
  {
    name: "HS256 with the modulus",
    rule: "R6",
    tell: signedWith("HS256", (input, lying) => hs256(input, String(lying.honestJwk().n))),
    outcome: invalid,
  },
  {
    name: "alg none over a signature",
    rule: "R6",
    tell: signedWith("none", (i, l) => l.signInput(i)),
    outcome: invalid,
  },
  ...(
    [
      ["a corrupt signature", (honest) => flip(honest, honest.length - 20)],
      ["a corrupt payload", (honest) => flip(honest, honest.indexOf(".") + 20)],
      ["no signature", (honest) => honest.slice(0, honest.lastIndexOf(".") + 1)],
      ["half a signature", (honest) => honest.slice(0, -100)],
      ["two parts", (honest) => honest.slice(0, honest.lastIndexOf("."))],
      ["four parts", (honest) => `${honest}.AAAA`],
      ["five parts, as if encrypted", (honest) => `${honest}.AAAA.AAAA`],
      ["padding", (honest) => `${honest}==`],
      ["a line break at the end", (honest) => `${honest}\n`],
      ["a space in front", (honest) => ` ${honest}`],
      ["a line break in the payload", (honest) => honest.replace(".", ".\n")],
      ["base64 instead of base64url", (honest) => honest.replaceAll("-", "+").replaceAll("_", "/")],
      ["stray bits at the end", (honest) => strayBits(honest)],
      ["JSON serialisation", (honest) => jsonForm(honest)],
      ["no token at all", () => "not-a-token"],
    ] as const satisfies readonly (readonly [string, (honest: string) => string])[]
  ).map(
    ([name, change]): LieRow => ({
      name,
      rule: "R6",
      tell: token((honest) => change(honest)),
      outcome: invalid,
    }),
  ),
  {
    name: "a token of 65 KB",
    rule: "R17",
    tell: claims((honest) => ({ ...honest, filler: "a".repeat(65_000) })),
    outcome: invalid,
  },
]

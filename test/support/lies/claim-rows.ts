import { clientId } from "../lying-provider.ts"
import type { LieRow } from "./lie-row.ts"
import { claims, claimsText, invalid } from "./tell.ts"

/** Claims that the plans do not think of. */
export const claimRows: readonly LieRow[] = [
  ...[
    ["exp as text", '"exp":"4102444800"', "exp"],
    ["exp with a fraction", '"exp":4102444800.5', "exp"],
    ["exp of 1e308", '"exp":1e308', "exp"],
    ["exp past all integers", '"exp":9007199254740993', "exp"],
    ["exp past the year 9999", '"exp":253402300800', "exp"],
    ["exp below zero", '"exp":-1', "exp"],
    ["exp null", '"exp":null', "exp"],
    ["iat as text", '"iat":"1"', "iat"],
    ["iat of 1e308", '"iat":1e308', "iat"],
  ].map(
    ([name = "", text = "", claim = ""]): LieRow => ({
      name,
      rule: claim === "iat" ? "R24" : "R8",
      tell: claimsText((honest) => honest.replace(new RegExp(`"${claim}":\\d+`), text)),
      outcome: invalid,
    }),
  ),
  ...(
    [
      ["exp over within the tolerance", "R8", { exp: -59 }, "accepted"],
      ["exp over past the tolerance", "R8", { exp: -60 }, invalid],
      ["iat in the future within the tolerance", "R24", { iat: 60 }, "accepted"],
      ["iat in the future past the tolerance", "R24", { iat: 61 }, invalid],
      ["iat ten minutes old", "R24", { iat: -600 }, "accepted"],
      ["iat more than ten minutes old", "R24", { iat: -601 }, invalid],
      ["nbf in the future", "R8", { nbf: 61 }, invalid],
    ] as const
  ).map(
    ([name, rule, offsets, outcome]): LieRow => ({
      name,
      rule,
      tell: claims((honest, { now }) => ({
        ...honest,
        ...Object.fromEntries(Object.entries(offsets).map(([claim, offset]) => [claim, now + offset])),
      })),
      outcome,
    }),
  ),
  ...(
    [
      ["aud an array of ours", { aud: [clientId] }, "accepted"],
      ["aud an empty array", { aud: [] }, invalid],
      ["aud ours and a number", { aud: [clientId, 1] }, invalid],
      ["aud an array in an array", { aud: [[clientId]] }, invalid],
      ["aud an object", { aud: { 0: clientId } }, invalid],
      ["azp ours", { azp: clientId }, "accepted"],
      ["azp another's", { azp: "another-client" }, invalid],
      ["azp null", { azp: null }, invalid],
      ["sub empty", { sub: "" }, invalid],
      ["sub a number", { sub: 7 }, invalid],
      ["sub __proto__", { sub: "__proto__" }, invalid],
      ["sub a path", { sub: "../districts" }, invalid],
      ["sub of 65 characters", { sub: "a".repeat(65) }, invalid],
      ["district a number", { district: 7 }, invalid],
      ["nonce an array of the right one", { nonce: ["nonce-of-this-login"] }, invalid],
      ["nonce empty", { nonce: "" }, invalid],
      ["at_hash null", { at_hash: null }, invalid],
    ] as const
  ).map(
    ([name, change, outcome]): LieRow => ({
      name,
      rule: "R8",
      tell: claims((honest) => ({ ...honest, ...change })),
      outcome,
    }),
  ),
  {
    name: "iss with a trailing slash",
    rule: "R8",
    tell: claims((honest, { issuer }) => ({ ...honest, iss: `${issuer}/` })),
    outcome: invalid,
  },
  {
    name: "iss in an array",
    rule: "R8",
    tell: claims((honest, { issuer }) => ({ ...honest, iss: [issuer] })),
    outcome: invalid,
  },
  {
    name: "claims of a prototype",
    rule: "R60",
    tell: claimsText((honest) => `{"__proto__":${honest}}`),
    outcome: invalid,
  },
  {
    name: "claims beside a prototype and a constructor",
    rule: "R60",
    tell: claimsText((h) =>
      h.replace("{", '{"__proto__":{"iss":"x","admin":true},"constructor":{"prototype":{}},'),
    ),
    outcome: "accepted",
  },
  { name: "claims in an array", rule: "R17", tell: claimsText((honest) => `[${honest}]`), outcome: invalid },
  { name: "claims of null", rule: "R17", tell: claimsText(() => "null"), outcome: invalid },
  { name: "claims that are no JSON", rule: "R17", tell: claimsText(() => "no json"), outcome: invalid },
]

import { person } from "../lying-provider.ts"
import type { LieRow } from "./lie-row.ts"
import { api, claims } from "./tell.ts"

const stranger = "5d00000000000000000000ff"
const otherDistrict = "5a00000000000000000000ff"

/** Answers about the person (R9, R44, R46). */
export const personRows: readonly LieRow[] = [
  ...(
    [
      ["me another id", "me", (data) => ({ ...data, id: stranger })],
      ["user another id", "user", (data) => ({ ...data, id: stranger })],
      ["me another district", "me", (data) => ({ ...data, district: otherDistrict })],
      ["user another district", "user", (data) => ({ ...data, district: otherDistrict })],
    ] as const satisfies readonly (readonly [
      string,
      "me" | "user",
      (data: Record<string, unknown>) => Record<string, unknown>,
    ])[]
  ).map(
    ([name, endpoint, change]): LieRow => ({
      name,
      rule: "R9",
      tell: api(endpoint, change),
      outcome: "LOGIN_IDENTITY_MISMATCH",
    }),
  ),
  ...(
    [
      ["id_token another sub", { sub: stranger }],
      ["id_token another multi_role_user_id", { multi_role_user_id: stranger }],
      ["id_token another sub and multi_role_user_id", { sub: stranger, multi_role_user_id: stranger }],
      ["id_token another district", { district: otherDistrict }],
      ["id_token another district_id", { district_id: otherDistrict }],
    ] as const
  ).map(
    ([name, change]): LieRow => ({
      name,
      rule: "R9",
      tell: claims((honest) => ({ ...honest, ...change })),
      outcome: "LOGIN_IDENTITY_MISMATCH",
    }),
  ),
  ...(
    [
      ["no roles", { roles: {} }, "LOGIN_WITHOUT_ROLE"],
      ["roles null", { roles: null }, "LOGIN_WITHOUT_ROLE"],
      ["roles of nothing", { roles: { student: null } }, "LOGIN_WITHOUT_ROLE"],
      ["an unknown role", { roles: { superintendent: {} } }, "LOGIN_WITHOUT_ROLE"],
      ["roles as a list", { roles: ["teacher"] }, "CLEVER_BODY_INVALID"],
      ["roles as a word", { roles: "teacher" }, "CLEVER_BODY_INVALID"],
      ["a role that is true", { roles: { district_admin: true } }, "CLEVER_BODY_INVALID"],
    ] as const
  ).map(
    ([name, change, outcome]): LieRow => ({
      name,
      rule: "R44",
      tell: api("user", (data) => ({ ...data, ...change })),
      outcome,
    }),
  ),
  ...(
    [
      ["me 404", "me", { status: 404, body: "" }, "R46", "LOGIN_UNAUTHORIZED_USER"],
      ["user 404", "user", { status: 404, body: "" }, "R46", "LOGIN_UNAUTHORIZED_USER"],
      ["user 403", "user", { status: 403, body: "" }, "R46", "LOGIN_UNAUTHORIZED_USER"],
      ["me 401", "me", { status: 401, body: "" }, "R17", "CLEVER_TOKEN_REJECTED"],
      ["me {}", "me", { body: {} }, "R17", "CLEVER_BODY_INVALID"],
      ["me []", "me", { body: [] }, "R17", "CLEVER_BODY_INVALID"],
      ["me null", "me", { body: "null" }, "R17", "CLEVER_BODY_INVALID"],
      ["me torn", "me", { body: '{"data":{"id":"5d' }, "R17", "CLEVER_BODY_INVALID"],
      [
        "me an HTML page",
        "me",
        { body: "<html>", headers: { "content-type": "text/html" } },
        "R17",
        "CLEVER_BODY_INVALID",
      ],
      [
        "me redirected",
        "me",
        { status: 302, headers: { location: "/v3.1/me" } },
        "R20",
        "CLEVER_LINK_FOREIGN",
      ],
      ["me a 200 with an error", "me", { body: { error: "x" } }, "R17", "CLEVER_BODY_INVALID"],
      [
        "me of a prototype",
        "me",
        { body: `{"__proto__":{"data":{"id":"${person.id}"}}}` },
        "R60",
        "CLEVER_BODY_INVALID",
      ],
      ["user {}", "user", { body: {} }, "R17", "CLEVER_BODY_INVALID"],
      [
        "user past the size limit",
        "user",
        { body: { data: "a".repeat(1_100_000) } },
        "R17",
        "CLEVER_BODY_TOO_LARGE",
      ],
    ] as const
  ).map(
    ([name, endpoint, answer, rule, outcome]): LieRow => ({
      name,
      rule,
      tell: (lying) => {
        lying.lies[endpoint] = () => answer
      },
      outcome,
    }),
  ),
  ...(
    [
      ["me an id that is a number", { id: 7 }],
      ["me an id __proto__", { id: "__proto__" }],
      ["me an id that is a path", { id: "../districts" }],
      ["me a district that is a list", { district: [person.district] }],
      ["me authorized by somebody else", { authorized_by: "nobody" }],
      ["me authorized by nobody, without a district", { authorized_by: undefined, district: undefined }],
    ] as const
  ).map(
    ([name, change]): LieRow => ({
      name,
      rule: "R17",
      tell: api("me", (data) => ({ ...data, ...change })),
      outcome: "CLEVER_BODY_INVALID",
    }),
  ),
]

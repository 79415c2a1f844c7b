import assert from "node:assert/strict"
import fc from "fast-check"
import { CleverClient } from "../../../src/clever/index.ts"
import { readDistrictTokens } from "../../../src/clever/read-tokens.ts"
import { isUserId, readMe, readUser, readUserInfo } from "../../../src/clever/user-answers.ts"
import { roles } from "../../../src/models/index.ts"
import { parseJsonObject } from "../../../src/sso/provider/json.ts"
import { type Fuzzer, personal, text } from "../engine/fuzzer.ts"
import { asyncOutcome, outcome } from "../engine/outcome.ts"
import { encoded, idText, jsonText, jsonWords, objectWith, personalText } from "../support/json-inputs.ts"

const name = objectWith({ first: personalText, middle: personalText, last: personalText })
const about = objectWith({
  id: idText,
  district: idText,
  authorized_by: fc.constantFrom('"district"', '"teacher"', '""', '"x"'),
  type: fc.constant('"user"'),
  email: personalText,
  name,
  roles: objectWith({ student: fc.constant("{}"), teacher: jsonText }),
})
const userInfo = objectWith({
  sub: idText,
  multi_role_user_id: idText,
  user_id: idText,
  district: idText,
  district_id: idText,
  user_type: fc.constantFrom('"student"', '"district admin"', '"school_admin"'),
  given_name: personalText,
  name,
  email: personalText,
})
const token = objectWith({
  owner: objectWith({ id: idText, type: fc.constant('"district"') }),
  access_token: fc.constant(`"${personal}"`),
  scopes: fc.constant('["read:users"]'),
  created: fc.constant('"2026-09-01T06:00:00.000Z"'),
})

export const answers: Fuzzer = {
  name: "answers",
  inputs: encoded(
    fc.oneof(
      about,
      objectWith({ data: about, links: jsonText }),
      userInfo,
      objectWith({ data: fc.array(token, { maxLength: 3 }).map((all) => `[${all.join(",")}]`) }),
    ),
  ),
  words: [...jsonWords, '"sub":"u1"', '"district":"d1"', '"authorized_by":"teacher"', '"access_token":"t"'],
  properties: {
    "names one proper id and known roles alone, or is refused": async (input) => {
      const body = parseJsonObject(text(input))
      const me = outcome(() => readMe(body, "/v3.1/me")).value
      const user = (await asyncOutcome(() => readUser(body, "/v3.1/users/ID"))).value
      const info = outcome(() => readUserInfo(body, "/userinfo")).value
      for (const person of [me, user, info]) {
        if (person === undefined) continue
        assert.ok(isUserId(person.id))
        assert.ok(person.districtId === null || isUserId(person.districtId))
      }
      assert.ok(Object.keys(user?.roles ?? {}).every((role) => roles.some((known) => known === role)))
      assert.ok(info === undefined || info.role === null || roles.includes(info.role))
    },
    "gives tokens that print without their secret, or is refused": (input) => {
      const { value: tokens } = outcome(() => readDistrictTokens(parseJsonObject(text(input))))
      for (const given of tokens ?? []) {
        assert.notEqual(given.accessToken, "")
        assert.equal(`${given}`, `DistrictToken(${given.districtId})`)
        assert.equal(JSON.stringify({ ...given, accessToken: undefined }), JSON.stringify(given))
      }
    },
    "makes a single record or a typed error, however it is nested": async (input) => {
      const clever = new CleverClient({
        districtToken: personal,
        maxRetries: 0,
        fetch: async () =>
          new Response(input as Uint8Array<ArrayBuffer>, { headers: { "content-type": "application/json" } }),
      })
      const ask = { districtId: "d1", id: "u1" }
      const user = await asyncOutcome(() => clever.user(ask))
      const record = await asyncOutcome(() => clever.recordText({ ...ask, kind: "user" }))
      if (user.value !== undefined) assert.equal(user.value.district, "d1")
      if (record.value !== undefined) assert.equal(typeof JSON.parse(record.value), "object")
    },
  },
}

import { expect, test } from "vitest"
import { parseJsonObject } from "../../../src/sso/provider/json.ts"

test.each([
  '{"__proto__":{"admin":true},"a":{"__proto__":{"admin":true}}}',
  '{"\\u005f_proto__":{"admin":true},"a":{"__pr\\u006fto__":{"admin":true}}}',
  '{"\\u005F\\u005fproto\\u005f_":{"admin":true},"a":{}}',
])("R60 %s brings no prototype along", (text) => {
  const parsed = parseJsonObject(text)
  expect(parsed).toEqual({ a: {} })
  expect(Object.hasOwn(parsed ?? {}, "__proto__")).toBe(false)
  expect((parsed as { a: { admin?: unknown } }).a.admin).toBeUndefined()
})

test("what is no object is nothing", () => {
  for (const text of ["[]", "null", "1", '"a"', "{", ""]) expect(parseJsonObject(text)).toBeUndefined()
  expect(parseJsonObject('{"name":"Zo\\u00eb"}')).toEqual({ name: "Zoë" })
})

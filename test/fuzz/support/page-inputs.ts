import fc from "fast-check"
import { idText, jsonText, objectText, objectWith, personalText } from "./json-inputs.ts"

const record = objectWith({
  id: idText,
  district: fc.constant('"d1"'),
  email: personalText,
  name: objectWith({ first: personalText, last: personalText }),
})

const event = objectWith({
  id: idText,
  type: fc.constantFrom('"users.updated"', '"sections.deleted"', '"users.created"'),
  created: fc.constant('"2026-09-01T06:00:00.000Z"'),
  data: objectWith({ object: record, previous_attributes: jsonText }),
})

const uri = fc.constantFrom('"/v3.1/users/u2"', '"/v3.1/users/"', '"u3?x=/y"', "null")
const links = fc.constantFrom(
  "[]",
  "null",
  '[{"rel":"self","uri":"/v3.1/users/u4"},{"rel":"next","uri":"/v3.1/users?starting_after=u4&limit=2"}]',
  '[{"rel":"next","uri":"https://elsewhere.example/v3.1/users"}]',
  '[{"rel":"next","uri":""}]',
  '[null,{"rel":"next","uri":"?a=\\u00e9"}]',
)

function page(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const wrapped = fc.oneof(objectWith({ data: item, uri }), objectWith({ data: item, links }), item, jsonText)
  const space = fc.constantFrom("", "", " ", "\r\n", "\ufeff")
  return fc
    .tuple(space, fc.array(wrapped, { maxLength: 4 }), links, fc.nat(5), jsonText)
    .map(([before, items, given, order, other]) => {
      const members: (readonly [string, string])[] = [
        ['"data"', `[${items.join(",")}]`],
        ['"links"', given],
        ['"paging"', other],
      ]
      return before + objectText(order < 3 ? members : members.reverse())
    })
}

/** Answers as Clever lists records, and near ones. */
export const recordPage: fc.Arbitrary<string> = page(record)

/** Answers as Clever lists events, and near ones. */
export const eventPage: fc.Arbitrary<string> = page(event)

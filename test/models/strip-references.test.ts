import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { hideReferences } from "../../src/models/hide-references.ts"
import { stripReferences } from "../../src/models/strip-references.ts"

const id = "5f3c0a1b2c3d4e5f60718293"
const other = "5f3c0a1b2c3d4e5f60718294"

describe("S31 stripReferences", () => {
  it.each([
    [
      "the first of a list",
      `{"id":"s","students":["${id}","${other}"]}`,
      `{"id":"s","students":["${other}"]}`,
    ],
    [
      "the last of a list",
      `{"id":"s","students":["${other}","${id}"]}`,
      `{"id":"s","students":["${other}"]}`,
    ],
    ["the only one of a list", `{"id":"s","teachers":["${id}"]}`, `{"id":"s","teachers":[]}`],
    ["each time it stands there", `{"students":["${id}","a","${id}","${id}"]}`, `{"students":["a"]}`],
    ["a member that is the id", `{"id":"s","teacher":"${id}","x":1}`, `{"id":"s","x":1}`],
    ["the first member", `{"teacher":"${id}","id":"s"}`, `{"id":"s"}`],
    ["the last member", `{"id":"s","teacher":"${id}"}`, `{"id":"s"}`],
    ["the only member", `{"teacher":"${id}"}`, "{}"],
    [
      "unknown names, at any depth",
      `{"ext":{"a":[[{"b":{"c":["${id}",2]}}]]}}`,
      `{"ext":{"a":[[{"b":{"c":[2]}}]]}}`,
    ],
    [
      "what stands under the id",
      `{"seats":{"${id}":{"row":1},"${other}":{"row":2}}}`,
      `{"seats":{"${other}":{"row":2}}}`,
    ],
    ["an object that is the person's", `{"counselor":{"id":"${id}","email":"a@b"},"n":1}`, `{"n":1}`],
    ["a longer text with the id in it", `{"links":["/v3.0/users/${id}","x"]}`, `{"links":["x"]}`],
    [
      "an id with an escape in it",
      `{"students":["\\u0035f3c0a1b2c3d4e5f60718293","a"]}`,
      `{"students":["a"]}`,
    ],
    [
      "a name with an escape in it",
      `{"seats":{"\\u0035f3c0a1b2c3d4e5f60718293":1,"b":2}}`,
      `{"seats":{"b":2}}`,
    ],
    ["a list at the top", `["${id}",1]`, "[1]"],
    ["a text at the top", `"${id}"`, "null"],
  ])("takes out %s", (_what, text, expected) => {
    expect(stripReferences(text, id)).toBe(expected)
  })

  it("takes out a contact's relationship to a student as a whole, and no other", () => {
    const relation = (student: string) => `{"student":"${student}","relationship":"Parent","type":"Family"}`
    const contact = (...relations: string[]) =>
      `{"id":"c","roles":{"contact":{"phone":"1","student_relationships":[${relations.join(",")}]}}}`
    expect(stripReferences(contact(relation(id), relation(other)), id)).toBe(contact(relation(other)))
    expect(stripReferences(contact(relation(other), relation(id)), id)).toBe(contact(relation(other)))
    expect(stripReferences(contact(relation(id)), id)).toBe(contact())
  })

  it("takes a role object's members, and never the role", () => {
    const text = `{"id":"u","roles":{"student":{"id":"${id}","buddy":"${id}","grade":"3"}}}`
    expect(stripReferences(text, id)).toBe(`{"id":"u","roles":{"student":{"grade":"3"}}}`)
  })

  it("keeps the record's own id and district, and the same names further down are like any other", () => {
    const text = `{"id":"${id}","district":"${id}","x":{"district":"${id}","y":1}}`
    expect(stripReferences(text, id)).toBe(`{"id":"${id}","district":"${id}","x":{"y":1}}`)
  })

  it("keeps everything else byte for byte: white space, numbers, escapes, names that come twice", () => {
    const text = `{ "a" : 1.50e+3 ,\n  "students" : [ "${id}" ,\t"b" , "c" ] , "n":"\\u00e9\\/\\"}]" , "a":-0,"e":{},"f":[ ],"t":true }`
    expect(stripReferences(text, id)).toBe(
      `{ "a" : 1.50e+3 ,\n  "students" : [ "b" , "c" ] , "n":"\\u00e9\\/\\"}]" , "a":-0,"e":{},"f":[ ],"t":true }`,
    )
  })

  it.each([
    ["the id is not there", `{"students":["${other}"],"n":"\\u0041"}`],
    ["it is the record's own alone", `{"id":"${id}"}`],
    ["there is nothing", "{}"],
    ["there is no JSON and no id", "{"],
  ])("says nothing where %s", (_why, text) => {
    expect(stripReferences(text, id)).toBeUndefined()
  })

  it("finds a short id as a word of its own alone, a long one anywhere", () => {
    expect(stripReferences(`{"a":["s10","as1","s1"],"n":"xs1y","m":"to s1!"}`, "s1")).toBe(
      `{"a":["s10","as1"],"n":"xs1y"}`,
    )
    expect(stripReferences(`{"a":["x${id}y","z"]}`, id)).toBe(`{"a":["z"]}`)
  })

  it("cuts the id alone from what is no JSON", () => {
    expect(stripReferences(`{"students":["${id}"`, id)).toBe(`{"students":[""`)
  })

  it("takes an id of signs for what it is", () => {
    expect(stripReferences(`{"students":["a.b","axb","a-b"]}`, "a.b")).toBe(`{"students":["axb","a-b"]}`)
    expect(stripReferences(`{"students":["a-b","$&"]}`, "$&")).toBe(`{"students":["a-b"]}`)
  })

  it("leaves JSON without the id, whatever the JSON, and stands still when done again", () => {
    const leaf = fc.oneof(
      fc.constantFrom(id, other, `/users/${id}`),
      fc.string(),
      fc.integer(),
      fc.constant(null),
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.array(tie("tree")),
        fc.dictionary(fc.oneof(leaf.map(String), fc.string()), tie("tree")),
      ),
    }))
    const space = fc.constantFrom(undefined, 1, "\t")
    fc.assert(
      fc.property(tree, space, (value, indent) => {
        const text = JSON.stringify({ ext: value }, null, indent)
        const stripped = stripReferences(text, id)
        expect(stripped === undefined).toBe(!text.includes(id))
        if (stripped === undefined) return
        expect(stripped).not.toContain(id)
        expect(() => JSON.parse(stripped)).not.toThrow()
        expect(stripReferences(stripped, id)).toBeUndefined()
        // What compact JSON leaves is compact again: the bytes that Clever sends once it no longer shares the person.
        if (indent === undefined) expect(JSON.stringify(JSON.parse(stripped)).length).toBe(stripped.length)
      }),
    )
  })
})

describe("S31 hideReferences", () => {
  it("puts a mark in the id's place, in names and longer texts too, and keeps the form", () => {
    const text = `{ "by":"${id}", "at":["${id}","${other}"], "${id}":{"url":"/users?after=${id}&n=1"} }`
    expect(hideReferences(text, id)).toBe(
      `{ "by":"erased", "at":["erased","${other}"], "erased":{"url":"/users?after=erased&n=1"} }`,
    )
  })

  it("says nothing where the id is not there", () => {
    expect(hideReferences(`{"a":"${other}","b":"${id.slice(1)}"}`, id)).toBeUndefined()
    expect(hideReferences("{", id)).toBeUndefined()
  })
})

import fc from "fast-check"
import { bytes, personal } from "../engine/fuzzer.ts"

/** What JSON is awkward about. */
export const jsonWords: readonly string[] = [
  ...'{}[]:,"\\ \n\r\t\0',
  "\ufeff",
  "null",
  "true",
  "1e999",
  "-0",
  "9007199254740993",
  "123456789012345678901234567890",
  '"\\ud800"',
  '"\\u0000"',
  '\\"',
  "\\\\",
  '"__proto__":{}',
  '"constructor":1',
  '"id":"aaaaaaaaaaaaaaaaaaaaaaaa"',
  '"\\u0069d":"b"',
  '"data":[]',
  '"data":{}',
  '"links":[{"rel":"next","uri":"/v3.1/users?starting_after=a"}]',
  '"uri":"/v3.1/users/u"',
  '"roles":{"student":{"schools":["s"]}}',
  '""',
  "[]",
  `"${personal}"`,
  `"${personal}@school.example"`,
]

const texts = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ maxLength: 8, unit: "binary" }),
  fc.constantFrom("", "id", "data", "links", "__proto__", personal, `${personal}@school.example`),
)

/** Any JSON value as text, spaces and escapes included. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    texts.map((value) => JSON.stringify(value)),
    fc.constantFrom("null", "true", "0", "-1.5e+3", "1e999", "{}", "[]"),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc
      .array(fc.tuple(texts, tie("value")), { maxLength: 4 })
      .map((members) => objectText(members.map(([key, value]) => [JSON.stringify(key), value]))),
  ),
})).value

/** An object with some of these members, each with a value that is right or any. */
export function objectWith(members: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const each = Object.entries(members).map(([key, right]) =>
    fc
      .tuple(fc.nat(9), right, jsonText)
      .map(([choice, good, any]) =>
        choice === 0 ? [] : [[JSON.stringify(key), choice === 1 ? any : good] as const],
      ),
  )
  return fc.tuple(...each).map((parts) => objectText(parts.flat()))
}

export function objectText(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`
}

export const idText: fc.Arbitrary<string> = fc.oneof(
  fc
    .string({ minLength: 24, maxLength: 24, unit: fc.constantFrom(..."0123456789abcdef") })
    .map((id) => `"${id}"`),
  fc.constantFrom('"u1"', '"\\u0061b"', '"é"', '""', '"a b"', '"__proto__"'),
)

export const personalText: fc.Arbitrary<string> = fc.constantFrom(
  `"${personal}"`,
  `"${personal}@school.example"`,
  '""',
  "null",
)

export function encoded(inputs: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  return inputs.map(bytes)
}

/** The value, or undefined if the text is no JSON; in a list, since undefined is none. */
export function parsed(json: string): [unknown] | undefined {
  try {
    return [JSON.parse(json)]
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

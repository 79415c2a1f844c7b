import { expect, test } from "vitest"
import { redactText } from "../../src/errors/index.ts"

test.each([
  ["ada@school.example could not log in", "[redacted] could not log in"],
  ["ada@school.example, bob@school.example", "[redacted], [redacted]"],
  // One word, as a careless join makes of two addresses.
  ["ada@school.example+bob@school.example", "[redacted]"],
  ["ada@bob@school.example", "[redacted]"],
  ["Bearer abc.def-1 is refused", "[redacted] is refused"],
  ["bearer ada@bob@school.example", "[redacted]"],
  ["the token il1234567890abcdef", "the token [redacted]"],
  ["x-il1234567890abcdef", "x-[redacted]"],
  ["a@b, a@ b.c and /v3.1/users?starting_after=5", "a@b, a@ b.c and /v3.1/users?starting_after=5"],
])("%j is told as %j", (text, told) => {
  expect(redactText(text)).toBe(told)
})

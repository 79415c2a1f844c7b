import assert from "node:assert/strict"
import fc from "fast-check"
import { HomeroomError } from "../../../src/errors/index.ts"
import { bytes, type Fuzzer, text } from "../engine/fuzzer.ts"
import { encoded } from "../support/json-inputs.ts"

const part = fc.oneof(
  fc.emailAddress(),
  fc.constantFrom("Bearer abc.def", "basic  Zm9v", "il1234567890abcdef", "a user", " ", "@", ".", "\n"),
  fc.string({ maxLength: 8 }),
)

function told(input: Uint8Array): { message: string; details: string } {
  const given = text(input)
  const error = new HomeroomError("INTERNAL", { message: given, details: { path: given, token: given } })
  assert.equal(error.details.token, "[redacted]")
  return { message: error.message, details: String(error.details.path) }
}

export const redaction: Fuzzer = {
  name: "redaction",
  inputs: encoded(fc.array(part, { maxLength: 5 }).map((parts) => parts.join(""))),
  words: ["@", ".", "-", "+", "bearer ", "BASIC ", "ilc_123456789012", "a@b.c", " ", "\n", "é"],
  properties: {
    "leaves no e-mail address and no credentials in an error": (input) => {
      for (const said of Object.values(told(input))) {
        assert.doesNotMatch(said, /\w@[\w-]+\.\w/)
        assert.doesNotMatch(said, /\b(?:bearer|basic)\s+[\w.~+/=-]/i)
      }
    },
  },
  growing: {
    "a long word": (size) => bytes("a".repeat(size)),
    "many at signs": (size) => bytes("a@".repeat(size / 2)),
    "many dots": (size) => bytes(`a@${"b.".repeat(size / 2)}@`),
    "many words": (size) => bytes("bearer ".repeat(size / 7)),
    "many spaces": (size) => bytes(`bearer${" ".repeat(size)}`),
    "nearly a token": (size) => bytes(`${"il123456789012_".repeat(size / 15)}`),
  },
}

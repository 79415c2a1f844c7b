import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { strengthOf } from "../../../src/sso/diagnosis/secret-strength.ts"
import { seed } from "../../support/seed.ts"

/** Bytes that look random, the same in every run of one seed. */
function bytesOf(count: number, index: number): Buffer {
  return createHash("shake256", { outputLength: count }).update(`${seed()}:${index}`).digest()
}

test("what a generator makes is not called weak", () => {
  for (let index = 0; index < 200; index++) {
    const bytes = bytesOf(32, index)
    for (const secret of [
      bytes.toString("hex"),
      bytes.toString("base64"),
      bytes.toString("base64url"),
      bytes.subarray(0, 24).toString("base64"),
      bytes.subarray(0, 16).toString("hex"),
    ]) {
      expect(strengthOf(secret).weakness, `of ${index}, ${secret.length} characters`).toBeNull()
    }
  }
})

test.each([
  ["short", "tooshort"],
  ["short", "é".repeat(15)],
  ["repeated", "a".repeat(64)],
  ["repeated", "abcd".repeat(12)],
  ["repeated", "k9!Zq".repeat(7).slice(0, 33)],
  ["repeated", "q8Zt0wLm4RxV7c2bq8Zt0wLm4RxV7c2b"],
  ["placeholder", "changeme-changeme-please-changeme"],
  ["placeholder", "my-super-secret-cookie-secret-1234"],
  ["placeholder", "secret0123456789secret0123456789!"],
  ["placeholder", "your_cookie_secret_goes_here_2026"],
  ["placeholder", "keyboard cat keyboard cat 12345678"],
  ["few-characters", "11111111111111112222222222222222233"],
  ["words", "the quick brown fox jumps over the lazy dog"],
])("%s: %s", (weakness, secret) => {
  expect(strengthOf(secret).weakness).toBe(weakness)
})

test("what is said of a secret holds nothing of it", () => {
  const secret = "changeme-changeme-please-changeme"
  expect(JSON.stringify(strengthOf(secret))).not.toContain("change")
})

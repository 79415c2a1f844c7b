import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { canonicalFingerprint, rawFingerprint, schemaVersion } from "../../src/models/index.ts"

describe("fingerprints", () => {
  it("are the schema version and 128 bits of SHA-256", () => {
    const bytes = Buffer.from('{"id":"é"}')
    const digest = createHash("sha256").update(bytes).digest("base64url").slice(0, 22)
    expect(rawFingerprint(bytes)).toBe(schemaVersion.toString(36) + digest)
    expect(canonicalFingerprint({ id: "é", last_modified: "now" })).toBe(rawFingerprint(bytes))
  })

  it("tell one byte's difference, and take only the bytes of the view", () => {
    const page = Buffer.from("xx{a}yy{b}")
    expect(rawFingerprint(page.subarray(2, 5))).toBe(rawFingerprint(Buffer.from("{a}")))
    expect(rawFingerprint(page.subarray(2, 5))).not.toBe(rawFingerprint(page.subarray(7, 10)))
  })
})

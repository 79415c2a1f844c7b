import { hkdfSync } from "node:crypto"
import { CompactEncrypt, compactDecrypt } from "jose"
import { describe, expect, test } from "vitest"
import { Keyring } from "../../src/sso/keyring.ts"

const host = "app.example"
const old = "an old secret of at least thirty-two bytes"
const present = "the present secret, also 32 bytes or more"
const keyring = new Keyring({ secrets: [present, old], host })

/** The key that a secret gives for a purpose. */
const keyFor = (purpose: string, secret: string) =>
  new Uint8Array(hkdfSync("sha256", secret, "", `homeroom/${purpose}/v1`, 32))

const sessionKey = (secret: string) => keyFor("clever-session", secret)

describe("sealed values", () => {
  test("are JWEs that jose opens, and what jose seals opens here", async () => {
    const sealed = keyring.seal("clever-session", { name: "Zoë 🎒" })
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, sessionKey(present))
    expect(protectedHeader).toEqual({ alg: "dir", enc: "A256GCM", kid: expect.any(String) })
    const own = JSON.parse(new TextDecoder().decode(plaintext))
    expect(own).toEqual({ name: "Zoë 🎒", purpose: "clever-session", host })
    const { kid } = protectedHeader as { kid: string }
    const foreign = await new CompactEncrypt(plaintext)
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid })
      .encrypt(sessionKey(present))
    expect(keyring.open("clever-session", foreign)).toEqual(own)
  })

  test("never use a nonce twice", () => {
    const ivs = Array.from({ length: 1_000 }, () => keyring.seal("clever-txn", {}).split(".")[2])
    expect(new Set(ivs).size).toBe(1_000)
  })

  test("open as what they were, and show nothing of it", async () => {
    const sealed = keyring.seal("clever-txn", { returnTo: "/secret-place" })
    expect(Buffer.from(sealed.split(".").join(""), "base64url").toString("latin1")).not.toContain(
      "secret-place",
    )
    expect(keyring.open("clever-txn", sealed)).toMatchObject({ returnTo: "/secret-place" })
  })

  test("R14 open for their own purpose only", async () => {
    const sealed = keyring.seal("clever-txn", { cleverId: "1" })
    expect(keyring.open("clever-session", sealed)).toBeUndefined()
    expect(keyring.open("clever-bounce", sealed)).toBeUndefined()
  })

  test("R14 are sealed with a key for the purpose alone, and hold the purpose besides", async () => {
    const purposes = ["clever-txn", "clever-session", "clever-bounce"] as const
    for (const purpose of purposes) {
      const sealed = keyring.seal(purpose, {})
      for (const other of purposes) {
        const opened = compactDecrypt(sealed, keyFor(other, present)).then(() => other)
        await expect(opened.catch(() => "nothing")).resolves.toBe(other === purpose ? purpose : "nothing")
      }
      const [header = ""] = sealed.split(".")
      const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string }
      for (const inside of purposes) {
        const text = new TextEncoder().encode(JSON.stringify({ purpose: inside, host }))
        const foreign = await new CompactEncrypt(text)
          .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid })
          .encrypt(keyFor(purpose, present))
        expect(keyring.open(purpose, foreign) !== undefined).toBe(inside === purpose)
      }
    }
  })

  test("R32 open on their own host only", async () => {
    const sealed = keyring.seal("clever-session", {})
    const other = new Keyring({ secrets: [present], host: "other.example" })
    expect(other.open("clever-session", sealed)).toBeUndefined()
  })

  test("R18 open no more after any bit is flipped, spare bits of the encoding included", async () => {
    const sealed = keyring.seal("clever-session", { cleverId: "1" })
    const bytes = Buffer.from(sealed)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(keyring.open("clever-session", flipped.toString("latin1")), `bit ${bit}`).toBeUndefined()
    }
    for (const other of [
      sealed.replace("..", ".AA."),
      `${sealed}=`,
      `${sealed} `,
      `${sealed}.`,
      sealed.slice(0, -1),
      "",
      "a.b.c.d.e",
    ]) {
      expect(keyring.open("clever-session", other)).toBeUndefined()
    }
  })

  test("R35 an older secret still opens, the first one seals, an unknown one is nothing", async () => {
    const before = new Keyring({ secrets: [old], host })
    const after = new Keyring({ secrets: [present], host })
    expect(keyring.open("clever-session", before.seal("clever-session", { a: 1 }))).toMatchObject({ a: 1 })
    expect(after.open("clever-session", keyring.seal("clever-session", { a: 1 }))).toMatchObject({
      a: 1,
    })
    expect(after.open("clever-session", before.seal("clever-session", { a: 1 }))).toBeUndefined()
  })

  test("a header of another form is refused, even under the right key", async () => {
    const sealed = keyring.seal("clever-session", {})
    const header = JSON.parse(Buffer.from(sealed.split(".")[0]!, "base64url").toString()) as { kid: string }
    const foreign = await new CompactEncrypt(new TextEncoder().encode("{}"))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: header.kid, typ: "JWT" })
      .encrypt(sessionKey(present))
    expect(keyring.open("clever-session", foreign)).toBeUndefined()
    expect(keyring.open("clever-session", "x".repeat(10_000))).toBeUndefined()
  })
})

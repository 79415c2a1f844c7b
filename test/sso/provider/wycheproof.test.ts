import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { JWK } from "jose"
import { describe, expect, it } from "vitest"
import { JwsRefused, verifyJws } from "../../../src/sso/provider/jws.ts"

/** Where the vectors of github.com/C2SP/wycheproof may lie beside the project; never part of it. */
const vectorsFile = fileURLToPath(
  new URL("../../../../shared/vectors/wycheproof-json_web_signature_test.json", import.meta.url),
)

const whySkipped = existsSync(vectorsFile) ? undefined : "the Wycheproof vectors are not beside the project"

interface Vectors {
  testGroups: {
    comment: string
    public?: JWK
    private: JWK
    tests: { tcId: number; comment: string; jws: unknown; result: "valid" | "invalid" }[]
  }[]
}

describe.skipIf(whySkipped)(`R62 Wycheproof${whySkipped ? ` (skipped: ${whySkipped})` : ""}`, () => {
  const groups = whySkipped
    ? []
    : (JSON.parse(readFileSync(vectorsFile, "utf8")) as Vectors).testGroups.map((group) => ({
        ...group,
        key: group.public ?? group.private,
      }))
  const cases = groups.flatMap(({ key, comment, tests }) =>
    tests.map((test) => ({ ...test, key, group: comment })),
  )

  /** Whether the vector's signature is accepted with the vector's key. */
  async function isAccepted({ jws, key }: (typeof cases)[number]): Promise<boolean> {
    try {
      await verifyJws(typeof jws === "string" ? jws : JSON.stringify(jws), () => key)
      return true
    } catch (error) {
      expect(error).toBeInstanceOf(JwsRefused)
      return false
    }
  }

  it("all 355 invalid vectors are refused", async () => {
    const invalid = cases.filter(({ result }) => result === "invalid")
    expect(invalid).toHaveLength(355)
    const accepted: string[] = []
    for (const one of invalid) if (await isAccepted(one)) accepted.push(`${one.tcId} ${one.comment}`)
    expect(accepted).toEqual([])
  })

  it("of the valid RS256 vectors, all but the one with an empty payload are accepted", async () => {
    const valid = cases.filter(
      ({ result, key }) => result === "valid" && key.kty === "RSA" && key.alg === "RS256",
    )
    expect(valid).toHaveLength(8)
    const refused: typeof valid = []
    for (const one of valid) if (!(await isAccepted(one))) refused.push(one)
    expect(refused.map(({ jws }) => String(jws).split(".")[1])).toEqual([""])
  })

  it("no valid vector of another algorithm is accepted", async () => {
    const others = cases.filter(({ result, key }) => result === "valid" && key.alg !== "RS256")
    expect(others.length).toBeGreaterThan(30)
    const accepted: string[] = []
    for (const one of others) if (await isAccepted(one)) accepted.push(`${one.tcId} ${one.comment}`)
    expect(accepted).toEqual([])
  })
})

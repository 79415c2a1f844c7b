import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { termNumber } from "../../src/storage/postgres/term-numbers.ts"
import { postgresServer } from "../support/postgres.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()

describe.skipIf(typeof server === "string")("the number of a lookup term", () => {
  const database = useDatabase(server)

  async function numbersInSql(texts: readonly string[]): Promise<unknown[]> {
    const { rows } = await database.pool.query(
      "SELECT hashtextextended(text, 0)::text AS number FROM unnest($1::text[]) WITH ORDINALITY AS t (text, at) ORDER BY at",
      [texts],
    )
    return rows.map(({ number }) => number)
  }

  test("is the one that SQL comes to, whatever the text's length and characters", async () => {
    const lengths = Array.from({ length: 80 }, (_, length) =>
      "3p688ab201517c02521500007".repeat(4).slice(0, length),
    )
    const texts = [...lengths, "Zoë", "学校 🏫", "\u007f\u0080\u07ff\u0800\uffff", "\ud800", "x".repeat(300)]
    expect(texts.map(termNumber)).toEqual(await numbersInSql(texts))
  })

  test("is the one that SQL comes to, for any text", async () => {
    const anyText = fc.string({ unit: "binary", maxLength: 60 }).filter((text) => !text.includes("\0"))
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { maxLength: 200 }), async (texts) => {
        expect(texts.map(termNumber)).toEqual(await numbersInSql(texts))
      }),
      { numRuns: 20 },
    )
  })
})

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as z from "zod"
import { kinds } from "../../src/models/kinds.ts"
import { recordSchemas } from "../../src/models/parse-record.ts"
import { quickCheck } from "../../src/models/quick-check.ts"
import { fullValue, odd, placesOf, withValueAt } from "./whole-records.ts"

describe("the quick check of a record (S8)", () => {
  it.each(kinds)("accepts exactly what zod accepts of a %s, with any value in any place", (kind) => {
    const schema = recordSchemas[kind]
    const check = quickCheck(schema)
    const full = fullValue(schema)
    expect(schema.safeParse(full).success).toBe(true)
    let accepted = 0
    let refused = 0
    for (const path of placesOf(full)) {
      for (const put of odd) {
        const value = withValueAt(full, path, put)
        const { success } = schema.safeParse(value)
        expect({ path, put, passes: check(value) }).toEqual({ path, put, passes: success })
        if (success) accepted++
        else refused++
      }
    }
    expect(accepted).toBeGreaterThan(20)
    expect(refused).toBeGreaterThan(20)
  })

  it("accepts exactly what zod accepts of any schema, known to it or not", () => {
    const schemas = [
      z.string(),
      z.string().min(2),
      z.email(),
      z.coerce.string(),
      z.number(),
      z.boolean().nullable(),
      z.enum(["a", "b"]).optional(),
      z.array(z.string()),
      z.array(z.string()).max(1),
      z.object({ a: z.string().nullish() }),
      z.strictObject({ a: z.string().nullish() }),
      z.looseObject({ a: z.string().min(2).nullish(), b: z.unknown() }),
      z.looseObject({ a: z.string() }).refine(({ a }) => a !== "no"),
      z.record(z.string(), z.number()),
      z.union([z.string(), z.array(z.string())]),
      z.string().transform(Number).pipe(z.number()),
    ]
    const values = fc.oneof(
      fc.constantFrom<unknown>(...odd, "ab", "a@b.org", "no", "12"),
      fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom<unknown>(...odd, "ab", "no")),
    )
    fc.assert(
      fc.property(fc.constantFrom(...schemas), values, (schema, value) => {
        expect(quickCheck(schema)(value)).toBe(schema.safeParse(value).success)
      }),
      { numRuns: 5_000 },
    )
  })
})

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { caseInputs } from "./engine/case-inputs.ts"
import { readCorpus } from "./engine/corpus.ts"
import { fuzzers } from "./fuzzers.ts"

for (const fuzzer of fuzzers) {
  const corpus = readCorpus(fuzzer.name)
  describe(`whatever it is given, ${fuzzer.name}`, () => {
    for (const [statement, property] of Object.entries(fuzzer.properties)) {
      it(`${statement}`, async () => {
        for (const { name, input } of corpus) {
          try {
            await property(input)
          } catch (cause) {
            throw new Error(`The corpus file ${name} breaks it`, { cause })
          }
        }
        const inputs = caseInputs(
          fuzzer,
          corpus.map(({ input }) => input),
        )
        await fc.assert(
          fc.asyncProperty(inputs, async (input) => property(input)),
          { numRuns: fuzzer.runs ?? 150 },
        )
      })
    }
  })
}

it("every parser has a corpus", () => {
  expect(fuzzers.filter(({ name }) => readCorpus(name).length === 0)).toEqual([])
})

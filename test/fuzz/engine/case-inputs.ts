import fc from "fast-check"
import type { Fuzzer } from "./fuzzer.ts"
import { mutate, mutations } from "./mutate.ts"

/** Inputs of the parser's own form, and mutations of those and of others that are known. */
export function caseInputs(fuzzer: Fuzzer, known: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const { words, inputs } = fuzzer
  const mutated = (start: fc.Arbitrary<Uint8Array>) =>
    fc
      .tuple(start, mutations, fc.nat())
      .map(([input, changes, other]) =>
        mutate(input, changes, { words, other: known[other % Math.max(1, known.length)] ?? input }),
      )
  if (known.length === 0) return fc.oneof(inputs, mutated(inputs))
  return fc.oneof(inputs, mutated(inputs), {
    arbitrary: mutated(fc.nat(known.length - 1).map((at) => known[at] as Uint8Array)),
    weight: 2,
  })
}

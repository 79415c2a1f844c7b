import fc from "fast-check"

/** One change to an input, as numbers: they mean something for an input of any size. */
export interface Mutation {
  readonly how: number
  readonly at: number
  readonly length: number
  readonly value: number
}

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    how: fc.nat(7),
    at: fc.nat(0xffff),
    length: fc.oneof(fc.nat(4), fc.nat(64)),
    value: fc.nat(0xffff),
  }),
  { minLength: 1, maxLength: 4 },
)

/** Inputs grow no further by mutation. */
const largest = 16 * 1024

/** The input with the changes made; `words` and `other` are what may be put into it. */
export function mutate(
  input: Uint8Array,
  changes: readonly Mutation[],
  { words, other }: { readonly words: readonly string[]; readonly other: Uint8Array },
): Uint8Array {
  let result = Buffer.from(input)
  for (const { how, at: place, length, value } of changes) {
    const at = place % (result.length + 1)
    const end = Math.min(result.length, at + length)
    const replaced = (from: number, to: number, content: Uint8Array) =>
      Buffer.concat([result.subarray(0, from), content, result.subarray(to)])
    const word = Buffer.from(words[value % Math.max(1, words.length)] ?? "")
    if (how === 0 && at < result.length) result[at] = (result[at] ?? 0) ^ (1 << (value % 8))
    else if (how === 1 && at < result.length) result[at] = value % 256
    else if (how === 2) result = replaced(at, end, Buffer.of())
    else if (how === 3) result = replaced(at, at, word)
    else if (how === 4) result = replaced(at, end, word)
    else if (how === 5) result = replaced(at, at, repeated(result.subarray(at, end), 1 + (value % 16)))
    else if (how === 6) result = result.subarray(0, at)
    else result = replaced(at, result.length, other.subarray(value % (other.length + 1)))
    if (result.length > largest) result = result.subarray(0, largest)
  }
  return new Uint8Array(result)
}

function repeated(content: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(Array.from({ length: times }, () => content))
}

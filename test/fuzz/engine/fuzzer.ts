import type fc from "fast-check"

/** What holds for every input; a property that an input breaks throws. */
export type Property = (input: Uint8Array) => void | Promise<void>

/** One parser, and what must hold for whatever it is given. */
export interface Fuzzer {
  /** Also the name of its folder in the corpus. */
  readonly name: string
  /** By what they say. */
  readonly properties: Readonly<Record<string, Property>>
  /** Inputs of the form that the parser is made for. */
  readonly inputs: fc.Arbitrary<Uint8Array>
  /** What stands in such inputs: mutations put it anywhere. */
  readonly words: readonly string[]
  /** How many inputs the tests try, where not 150: for what takes long. */
  readonly runs?: number
  /** Inputs of about `size` bytes that might cost more than others; steps are counted as they grow. */
  readonly growing?: Readonly<Record<string, (size: number) => Uint8Array>>
}

/** Stands for a person's data in inputs: no error may hold it. */
export const personal = "Zq7personalZq7"

export function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}

export function text(input: Uint8Array): string {
  return Buffer.from(input.buffer, input.byteOffset, input.length).toString()
}

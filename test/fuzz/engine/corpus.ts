import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const folder = join(import.meta.dirname, "../corpus")

export interface CorpusEntry {
  readonly name: string
  readonly input: Uint8Array
}

/** The inputs that are kept for a parser: real shapes, awkward cases, and whatever once broke a property. */
export function readCorpus(fuzzer: string): CorpusEntry[] {
  return readdirSync(join(folder, fuzzer))
    .sort()
    .map((name) => ({ name, input: new Uint8Array(readFileSync(join(folder, fuzzer, name))) }))
}

/** Keeps an input that broke a property; the name of its file. */
export function keepFound(fuzzer: string, input: Uint8Array): string {
  const name = `found-${createHash("sha256").update(input).digest("hex").slice(0, 10)}`
  mkdirSync(join(folder, fuzzer), { recursive: true })
  writeFileSync(join(folder, fuzzer, name), input)
  return name
}

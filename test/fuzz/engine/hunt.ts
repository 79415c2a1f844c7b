import fc from "fast-check"
import { caseInputs } from "./case-inputs.ts"
import { keepFound, readCorpus } from "./corpus.ts"
import { Coverage } from "./coverage.ts"
import type { Fuzzer } from "./fuzzer.ts"
import { minimise } from "./minimise.ts"

export interface HuntOptions {
  readonly fuzzer: Fuzzer
  readonly minutes: number
  readonly seed: number
  readonly say: (line: string) => void
}

export interface HuntResult {
  readonly cases: number
  /** How many inputs were kept because they reached new pieces of the sources. */
  readonly kept: number
  /** What broke: each once, with the file in the corpus that it is kept in. */
  readonly found: readonly { readonly property: string; readonly problem: string; readonly file: string }[]
}

const batchSize = 100
/** Processor time that no input of a few kilobytes needs. */
const slowMs = 1_000

/** Tries inputs until the time is up: those that reach new code are what later ones are made of. */
export async function hunt({ fuzzer, minutes, seed, say }: HuntOptions): Promise<HuntResult> {
  const pool = readCorpus(fuzzer.name).map(({ input }) => input)
  const coverage = await Coverage.start({ counts: false })
  const found = new Map<string, HuntResult["found"][number]>()
  const reached = new Set<string>()
  const corpusSize = pool.length
  let cases = 0

  const attempt = async (input: Uint8Array): Promise<void> => {
    cases++
    for (const property of Object.keys(fuzzer.properties)) {
      const problem = await problemOf(fuzzer, property, input)
      if (problem === undefined || found.has(`${property} ${problem}`)) continue
      const smallest = await minimise(
        input,
        async (smaller) => (await problemOf(fuzzer, property, smaller)) === problem,
      )
      const file = keepFound(fuzzer.name, smallest)
      found.set(`${property} ${problem}`, { property, problem, file })
      say(`${fuzzer.name}: "${property}" does not hold for ${file}: ${problem}`)
    }
  }
  const reachesNew = async (): Promise<boolean> => {
    const before = reached.size
    for (const state of await coverage.functions()) reached.add(state)
    return reached.size > before
  }

  for (const input of pool) await attempt(input)
  await reachesNew()
  const endMs = performance.now() + minutes * 60_000
  for (let batch = 0; performance.now() < endMs; batch++) {
    const inputs = fc.sample(caseInputs(fuzzer, pool), { numRuns: batchSize, seed: seed + batch })
    for (const input of inputs) {
      await attempt(input)
      if (await reachesNew()) pool.push(input)
    }
  }
  coverage.stop()
  return { cases, kept: pool.length - corpusSize, found: [...found.values()] }
}

/** How the property fails for the input, in the same words for inputs that fail in the same way. */
async function problemOf(fuzzer: Fuzzer, property: string, input: Uint8Array): Promise<string | undefined> {
  const before = process.cpuUsage()
  try {
    await fuzzer.properties[property]?.(input)
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "", message: String(error) }
    return `${name}: ${message.split("\n", 1)[0]}`.replaceAll(/\d+/g, "#").slice(0, 160)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 > slowMs ? "it takes long" : undefined
}

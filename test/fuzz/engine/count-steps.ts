/**
 * Counts, in a process of its own, how many pieces of the sources are run for inputs that grow: prints a JSON object of
 * `FUZZER: FAMILY` and the counts for one and for four times the size.
 */
import { fuzzers } from "../fuzzers.ts"
import { Coverage } from "./coverage.ts"

const smallSize = 4_000

const steps: Record<string, [small: number, large: number]> = {}
const coverage = await Coverage.start({ counts: true })
for (const { name, growing = {}, properties } of fuzzers) {
  const [property] = Object.values(properties)
  for (const [family, make] of Object.entries(growing)) {
    const counted: number[] = []
    // The first time also counts what is done once.
    for (const size of [smallSize, smallSize, 4 * smallSize]) {
      await coverage.steps()
      await property?.(make(size))
      counted.push(await coverage.steps())
    }
    steps[`${name}: ${family}`] = [counted[1] ?? 0, counted[2] ?? 0]
  }
}
coverage.stop()
console.log(JSON.stringify(steps))

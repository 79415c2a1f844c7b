/**
 * Hunts for inputs that break a parser: npm run fuzz -- NAME… --minutes 5 --seed 1. Without names, every parser in turn.
 * What it finds is kept in test/fuzz/corpus, where the tests try it from then on.
 */
import { spawnSync } from "node:child_process"
import { parseArgs } from "node:util"
import { hunt } from "../test/fuzz/engine/hunt.ts"
import { fuzzers } from "../test/fuzz/fuzzers.ts"

const { values, positionals } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } },
  allowPositionals: true,
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 0x7fffffff))
const minutes = Number(values.minutes)
const unknown = positionals.filter((name) => !fuzzers.some((fuzzer) => fuzzer.name === name))
if (unknown.length > 0 || !(minutes > 0) || !Number.isInteger(seed)) {
  console.error(
    `Usage: npm run fuzz -- [${fuzzers.map(({ name }) => name).join("|")}]… [--minutes N] [--seed N]`,
  )
  process.exit(2)
}

console.log(`Seed ${seed}`)
const names = positionals.length > 0 ? positionals : fuzzers.map(({ name }) => name)
const [only, ...others] = fuzzers.filter(({ name }) => names.includes(name))
if (only !== undefined && others.length === 0) {
  const { cases, kept, found } = await hunt({ fuzzer: only, minutes, seed, say: console.log })
  console.log(`${only.name}: ${cases} cases, ${kept} led to new code, ${found.length} found`)
  process.exitCode = found.length === 0 ? 0 : 1
} else {
  // Each in a process of its own: what one has run is no new code to the next.
  for (const name of names) {
    const settings = ["--minutes", String(minutes), "--seed", String(seed)]
    const { status } = spawnSync(process.execPath, [import.meta.filename, name, ...settings], {
      stdio: "inherit",
    })
    if (status !== 0) process.exitCode = 1
  }
}

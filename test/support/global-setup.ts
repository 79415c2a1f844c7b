import { makeCompileCache } from "./compile-cache.ts"
import { seed } from "./seed.ts"

/** Runs once, before the workers start: they inherit the seed through the environment. Returns what tidies up. */
export function setup(): () => void {
  process.stderr.write(`HOMEROOM_TEST_SEED=${seed()} repeats this run\n`)
  return makeCompileCache()
}

import { seed } from "./seed.ts"

/** Runs once, before the workers start: they inherit the seed through the environment. */
export function setup(): void {
  process.stderr.write(`HOMEROOM_TEST_SEED=${seed()} repeats this run\n`)
}

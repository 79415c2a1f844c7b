const variable = "HOMEROOM_TEST_SEED"

/**
 * The seed of this test run: the environment's `HOMEROOM_TEST_SEED`, else a random one, the same in every
 * test file. It is printed once, at the start of the run.
 */
export function seed(): number {
  const given = process.env[variable]
  if (given !== undefined && given !== "") {
    const value = Number(given)
    if (!Number.isInteger(value) || Math.abs(value) > 0x7fffffff) {
      throw new RangeError(`${variable} must be a 32-bit integer, not ${given}`)
    }
    return value
  }
  const value = Math.floor(Math.random() * 0x7fffffff)
  process.env[variable] = String(value)
  return value
}

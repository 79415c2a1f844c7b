/** How often an input is tried smaller. */
const mostTries = 3_000

/** The smallest part of the input, by taking pieces out, for which `isStill` holds. */
export async function minimise(
  input: Uint8Array,
  isStill: (smaller: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = input
  let tries = 0
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && tries < mostTries; tries++) {
      const smaller = Buffer.concat([best.subarray(0, at), best.subarray(at + size)])
      if (await isStill(new Uint8Array(smaller))) best = new Uint8Array(smaller)
      else at += size
    }
  }
  return best
}

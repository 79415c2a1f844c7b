/**
 * A value as one word of the lookup index: itself if it is made of `a` to `z` and digits, as Clever's ids are;
 * else `x` and its UTF-8 bytes in hexadecimal, so that case, spaces and signs count.
 */
export function lookupWord(value: string): string {
  return /^[0-9a-z]+$/.test(value) ? value : `x${Buffer.from(value).toString("hex")}`
}

/** Several values as the text of one index column. */
export function lookupWords(values: readonly string[]): string {
  return values.map(lookupWord).join(" ")
}

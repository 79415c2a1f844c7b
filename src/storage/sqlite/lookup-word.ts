/**
 * A value as one word of the lookup index: itself if it is made of `a` to `z` and digits, as Clever's ids are;
 * else `x` and its UTF-8 bytes in hexadecimal, so that case, spaces and signs count.
 */
export function lookupWord(value: string): string {
  return isWord(value) ? value : `x${Buffer.from(value).toString("hex")}`
}

/** Several values as the text of one index column. */
export function lookupWords(values: readonly string[]): string {
  let words = ""
  for (const value of values) words += words === "" ? lookupWord(value) : ` ${lookupWord(value)}`
  return words
}

/** Every record of an import is asked several times: a regular expression takes twice as long. */
function isWord(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (!((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39))) return false
  }
  return value !== ""
}

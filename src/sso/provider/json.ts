/** A JSON object as it came from outside: nothing is known of its values. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The text as a JSON object; undefined if it is anything else. `__proto__` is no key of it (R60). */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value = parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function parse(text: string): unknown {
  // Looking at every key makes parsing ten times slower, so only where there can be such a one.
  if (!/__proto__|\\u/.test(text)) return JSON.parse(text)
  return JSON.parse(text, (key, member: unknown) => (key === "__proto__" ? undefined : member))
}

/** Whether a JSON value is an object, and neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** One for all: making a decoder takes longer than a small answer takes to decode. */
const decoder = new TextDecoder("utf-8", { fatal: true })

/** UTF-8 bytes as text; undefined if they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

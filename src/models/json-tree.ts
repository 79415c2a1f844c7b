/** A value of a JSON text: what it is, and from where to where it stands. */
export type JsonNode = { readonly start: number; readonly end: number } & (
  | { readonly type: "object"; readonly members: readonly JsonMember[] }
  | { readonly type: "list"; readonly items: readonly JsonNode[] }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "other" }
)

export interface JsonMember {
  /** Where its name begins, and where its value ends. */
  readonly start: number
  readonly end: number
  readonly name: string
  readonly nameEnd: number
  readonly value: JsonNode
}

/**
 * Reads where the values of a JSON text stand, so that some can be taken out and the rest stays as it is, byte for
 * byte: white space, the form of numbers, names that come twice. Undefined if the text is no JSON.
 */
export function readJsonTree(text: string): JsonNode | undefined {
  try {
    // What follows need not be strict then.
    JSON.parse(text)
  } catch {
    return undefined
  }
  return new Reader(text).value()
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): JsonNode {
    this.#skipSpace()
    const start = this.#at
    const first = this.#text[start]
    if (first === "{") return this.#object(start)
    if (first === "[") return this.#list(start)
    if (first === '"') {
      const text = this.#string()
      return { type: "text", start, end: this.#at, text }
    }
    plain.lastIndex = start
    plain.test(this.#text)
    this.#at = plain.lastIndex
    return { type: "other", start, end: this.#at }
  }

  #object(start: number): JsonNode {
    const members: JsonMember[] = []
    while (this.#entersNext("}")) {
      const from = this.#at
      const name = this.#string()
      const nameEnd = this.#at
      this.#skipSpace()
      this.#at++
      const value = this.value()
      members.push({ start: from, end: value.end, name, nameEnd, value })
    }
    return { type: "object", start, end: this.#at, members }
  }

  #list(start: number): JsonNode {
    const items: JsonNode[] = []
    while (this.#entersNext("]")) items.push(this.value())
    return { type: "list", start, end: this.#at, items }
  }

  /** Goes behind a bracket or comma to what follows it; false, and behind the closing bracket, at the end. */
  #entersNext(closing: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#at++] === closing) return false
    this.#skipSpace()
    if (this.#text[this.#at] !== closing) return true
    this.#at++
    return false
  }

  #string(): string {
    const start = this.#at
    do {
      this.#at = this.#text.indexOf('"', this.#at + 1)
    } while (this.#isEscaped(this.#at))
    this.#at++
    return JSON.parse(this.#text.slice(start, this.#at)) as string
  }

  #isEscaped(quote: number): boolean {
    let backslashes = 0
    while (this.#text[quote - 1 - backslashes] === "\\") backslashes++
    return backslashes % 2 === 1
  }

  #skipSpace(): void {
    space.lastIndex = this.#at
    space.test(this.#text)
    this.#at = space.lastIndex
  }
}

const plain = /[^\s,\]}]*/y
const space = /\s*/y

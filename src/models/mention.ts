/** What stands where an id stood, in what must keep its form. */
const erasedMark = "erased"

/** From this length on an id is no part of a text by chance. */
const unmistakable = 20

/** Where an id stands in a text: as all of it, as a word of its own, or, if it is long, as any part. */
export class Mention {
  readonly id: string
  #madePattern: RegExp | undefined

  constructor(id: string) {
    this.id = id
  }

  /** Made once it is needed: most texts are let go before. */
  get #pattern(): RegExp {
    if (this.#madePattern === undefined) {
      const literal = this.id.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
      const isShort = this.id.length < unmistakable
      this.#madePattern = new RegExp(isShort ? `(?<![0-9A-Za-z])${literal}(?![0-9A-Za-z])` : literal, "g")
    }
    return this.#madePattern
  }

  /** False for most JSON texts that do not mention the id, without reading them. */
  mayBeInJson(json: string): boolean {
    // Nothing obliges a JSON text to write a letter or a digit as it is.
    return json.includes(this.id) || /\\u00[2-7]/.test(json)
  }

  /** Whether the text mentions the id. */
  isIn(text: string): boolean {
    return text.includes(this.id) && text.search(this.#pattern) >= 0
  }

  /** The text without the id. */
  cutFrom(text: string): string {
    return text.replace(this.#pattern, "")
  }

  /** The text with `erased` in the id's place. */
  hideIn(text: string): string {
    return text.replace(this.#pattern, erasedMark)
  }
}

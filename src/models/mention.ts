/** What stands where an id stood, in what must keep its form. */
const erasedMark = "erased"

/** From this length on an id is no part of a text by chance. */
const unmistakable = 20

/** Where an id stands in a text: as all of it, as a word of its own, or, if it is long, as any part. */
export class Mention {
  readonly id: string
  readonly #pattern: RegExp

  constructor(id: string) {
    this.id = id
    const literal = id.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
    const pattern = id.length < unmistakable ? `(?<![0-9A-Za-z])${literal}(?![0-9A-Za-z])` : literal
    this.#pattern = new RegExp(pattern, "g")
  }

  /** False for most JSON texts that do not mention the id, without reading them. */
  mayBeInJson(json: string): boolean {
    // Nothing obliges a JSON text to write a letter or a digit as it is.
    return json.includes(this.id) || /\\u00[2-7]/.test(json)
  }

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

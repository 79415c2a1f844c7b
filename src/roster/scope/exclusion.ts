import { isPlainObject } from "../../models/field-path.ts"

/** From this length on, an id is also found within a longer text. */
const unmistakable = 20

/** Ids that are left out, and what mentions them. */
export class Exclusion {
  readonly #ids: ReadonlySet<string>
  readonly #lengths: readonly number[]

  constructor(ids: readonly string[]) {
    this.#ids = new Set(ids)
    this.#lengths = [...new Set(ids.map((id) => id.length))].filter((length) => length >= unmistakable)
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** True if an address names an id. */
  isIn(address: string): boolean {
    return address.split(/[^A-Za-z0-9_-]+/).some((word) => this.#ids.has(word))
  }

  /**
   * The record without what mentions an id: a member with such a value or name, an element of a list, the whole object
   * where it is that object's `id` or stands in a list. The record itself if nothing does.
   */
  withoutMentions(record: Record<string, unknown>): Record<string, unknown> {
    const { id, district, ...rest } = record
    const left = this.#object(rest)
    if (left === rest) return record
    // As they came, so that a record without them stays one.
    const own = Object.entries({ id, district }).filter(([key]) => Object.hasOwn(record, key))
    return { ...Object.fromEntries(own), ...left }
  }

  /** Undefined for what must go. */
  #without(value: unknown): unknown {
    if (typeof value === "string") return this.#mentions(value) ? undefined : value
    if (Array.isArray(value)) return this.#list(value)
    if (!isPlainObject(value)) return value
    return typeof value.id === "string" && this.#mentions(value.id) ? undefined : this.#object(value)
  }

  #list(list: readonly unknown[]): unknown[] {
    const left = list.map((element) => {
      if (isPlainObject(element) && Object.values(element).some((inner) => this.#isMention(inner)))
        return undefined
      return this.#without(element)
    })
    return left.every((element, index) => element === list[index])
      ? (list as unknown[])
      : left.filter((element) => element !== undefined)
  }

  #object(object: Record<string, unknown>): Record<string, unknown> {
    let isSame = true
    const left: [string, unknown][] = []
    for (const [key, value] of Object.entries(object)) {
      const inner = this.#mentions(key) ? undefined : this.#without(value)
      if (inner !== value) isSame = false
      if (inner !== undefined) left.push([key, inner])
    }
    return isSame ? object : Object.fromEntries(left)
  }

  #isMention(value: unknown): boolean {
    return typeof value === "string" && this.#mentions(value)
  }

  #mentions(text: string): boolean {
    if (this.#ids.has(text)) return true
    for (const length of this.#lengths) {
      for (let at = 0; at + length <= text.length; at++) {
        if (this.#ids.has(text.slice(at, at + length))) return true
      }
    }
    return false
  }
}

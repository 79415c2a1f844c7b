import { type Kind, kinds } from "../../models/kinds.ts"

/** A map that can be walked in ascending key, by code unit. Sorted when it is first walked after an insertion. */
export class OrderedMap<V> {
  readonly #values = new Map<string, V>()
  readonly #keys: string[] = []
  #sorted = true

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) {
      const last = this.#keys.at(-1)
      if (last !== undefined && key < last) this.#sorted = false
      this.#keys.push(key)
    }
    this.#values.set(key, value)
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false
    this.#sort()
    this.#keys.splice(this.#firstAfter(key) - 1, 1)
    return true
  }

  /** The values with `after < key`, in ascending key. */
  *after(after: string): Generator<V, void, undefined> {
    this.#sort()
    for (let index = this.#firstAfter(after); index < this.#keys.length; index++) {
      yield this.#values.get(this.#keys[index] as string) as V
    }
  }

  #sort(): void {
    if (this.#sorted) return
    this.#keys.sort()
    this.#sorted = true
  }

  #firstAfter(after: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] as string) <= after) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** One ordered map for each kind. */
export type ByKind<V> = Readonly<Record<Kind, OrderedMap<V>>>

export function byKind<V>(): ByKind<V> {
  return {
    district: new OrderedMap(),
    school: new OrderedMap(),
    term: new OrderedMap(),
    course: new OrderedMap(),
    user: new OrderedMap(),
    section: new OrderedMap(),
  }
}

/** The values in kind order, then key, from after `after`. */
export function* inKindOrder<V>(
  maps: ByKind<V>,
  after: { kind: Kind; id: string } | undefined,
): Generator<V, void, undefined> {
  const first = after === undefined ? 0 : kinds.indexOf(after.kind)
  for (const kind of kinds.slice(first)) {
    yield* maps[kind].after(kind === after?.kind ? after.id : "")
  }
}

/** The first `limit` of what fits, turned into what is listed. Stops walking there. */
export function page<V, R>(values: Iterable<V>, limit: number, pick: (value: V) => R | undefined): R[] {
  const picked: R[] = []
  if (limit <= 0) return picked
  for (const value of values) {
    const result = pick(value)
    if (result === undefined) continue
    picked.push(result)
    if (picked.length >= limit) break
  }
  return picked
}

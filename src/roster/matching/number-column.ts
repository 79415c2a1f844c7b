/** Whole numbers by place, 0 where none was set, in a typed array that grows. */
export class NumberColumn {
  #numbers: Int32Array | Uint8Array

  constructor(numbers: Int32Array | Uint8Array) {
    this.#numbers = numbers
  }

  get(place: number): number {
    return this.#numbers[place] ?? 0
  }

  set(place: number, value: number): void {
    if (place >= this.#numbers.length) {
      const length = Math.ceil(Math.max(place + 1, this.#numbers.length * 1.5, 256))
      const grown = this.#numbers instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length)
      grown.set(this.#numbers)
      this.#numbers = grown
    }
    this.#numbers[place] = value
  }

  clear(): void {
    this.#numbers.fill(0)
  }
}

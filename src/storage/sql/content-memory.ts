/** Batches under way: the one being written, those that wait, and the one being put together. */
const mostKept = 4
/** Sizes are rounded up to this, so that the next batch, a little larger, fits as well. */
const step = 256 * 1024

/**
 * Memory that contents travel in to the writer thread and back again. Taken anew for each batch it would lie about
 * until either thread's collector comes by, and cost tens of MiB.
 */
export class ContentMemory {
  #free: ArrayBuffer[] = []

  /** Memory of its own, which a message can move, of at least this size. Not cleared. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const index = this.#free.findIndex((buffer) => buffer.byteLength >= size)
    const [found] = index < 0 ? [] : this.#free.splice(index, 1)
    if (found !== undefined) return new Uint8Array(found)
    // In place of one that has become too small.
    if (this.#free.length >= mostKept) this.#free.shift()
    return new Uint8Array(new ArrayBuffer(Math.ceil(size / step) * step))
  }

  giveBack(buffer: ArrayBuffer): void {
    if (this.#free.length < mostKept) this.#free.push(buffer)
  }
}

import type { RecordPage } from "../models/index.ts"
import { BodyBuffer } from "./body-buffer.ts"
import { PageScanner } from "./page-scanner.ts"

/** Memory for one page. */
export class PageSlot {
  readonly body: BodyBuffer = new BodyBuffer()
  readonly #scanner: PageScanner = new PageScanner()

  scan(otherKey: string | undefined): RecordPage {
    const { bytes, length } = this.body
    const page = this.#scanner.scan(bytes, length, { otherKey })
    return { ...page, body: bytes.subarray(0, length) }
  }
}

/**
 * The memory of a client's pages, which goes from listing to listing: a new one for each would stand beside that of the
 * one before until the collector comes by, and large pages make that tens of MiB.
 */
export class PageSlots {
  #free: PageSlot[] = []
  #walks = 0

  /** A listing begins. */
  enter(): void {
    this.#walks++
  }

  /** A listing is over; after the last one nothing is kept. */
  leave(): void {
    this.#walks--
    if (this.#walks === 0) this.#free = []
  }

  /** The one given back last, which is the largest most of the time. */
  take(): PageSlot {
    return this.#free.pop() ?? new PageSlot()
  }

  giveBack(slot: PageSlot): void {
    if (this.#walks > 0) this.#free.push(slot)
  }
}

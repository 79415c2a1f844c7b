import { setImmediate as nextTurn } from "node:timers/promises"
import { HomeroomError } from "../errors/index.ts"
import type { RecordPage } from "../models/index.ts"
import { throwIfAborted } from "./abort.ts"
import { resolveLink } from "./links.ts"
import type { PageSlot, PageSlots } from "./page-slots.ts"
import type { Credentials, Requester } from "./requester.ts"

export interface PageWalkOptions {
  readonly requester: Requester
  /** The memory that pages are read into. */
  readonly slots: PageSlots
  readonly credentials: Credentials
  /** The address on whose origin links must stay. */
  readonly base: URL
  readonly first: URL
  readonly signal: AbortSignal | undefined
  readonly onRequest?: (() => void) | undefined
  readonly otherKey?: string | undefined
}

/** More pages than any district has, at the smallest page size there is. */
const maxPages = 1_000_000

/**
 * All pages from `first` on, each while the one after it is already being fetched.
 *
 * Ends at a page without records or without a `next` link (S6); a listing that can't be completed throws
 * (S10). A page stays valid until the next is asked for. Leaving the loop early cancels what is under way.
 */
export async function* walkPages(options: PageWalkOptions): AsyncGenerator<RecordPage, void, void> {
  const { requester, credentials, otherKey, onRequest } = options
  const leaving = new AbortController()
  const signal =
    options.signal === undefined ? leaving.signal : AbortSignal.any([options.signal, leaving.signal])
  const { slots } = options
  const progress = new WalkProgress()

  const fetchPage = (url: URL): PageUnderWay => {
    const slot = slots.take()
    const page = requester.request({
      url,
      credentials,
      signal,
      onRequest,
      body: slot.body,
      read: () => slot.scan(otherKey),
    })
    // Whoever awaits it hears of its failure; until then nobody does.
    page.catch(() => undefined)
    return { slot, page }
  }

  progress.visit(options.first)
  slots.enter()
  let current: PageUnderWay | undefined
  let pending: PageUnderWay | undefined = fetchPage(options.first)
  try {
    for (let number = 1; pending !== undefined; number++) {
      const page: RecordPage = await pending.page
      // Nobody looks at the page before any more.
      if (current !== undefined) slots.giveBack(current.slot)
      current = pending
      pending = undefined
      if (page.count === 0) return
      progress.check(page)
      if (page.next !== null) {
        if (number >= maxPages) throw pagesLoop("there is no end to them")
        const url = resolveLink(page.next, options.base)
        progress.visit(url)
        pending = fetchPage(url)
        // A busy consumer would keep the request from the wire: the first turn frees the connection of the
        // page before, the second sends.
        await nextTurn()
        await nextTurn()
      }
      throwIfAborted(signal)
      yield page
    }
  } finally {
    leaving.abort()
    await pending?.page.catch(() => undefined)
    for (const left of [current, pending]) if (left !== undefined) slots.giveBack(left.slot)
    slots.leave()
  }
}

interface PageUnderWay {
  slot: PageSlot
  page: Promise<RecordPage>
}

/** Finds pages that come again or run backwards (S6). */
class WalkProgress {
  readonly #visited: Set<string> = new Set()
  /** Whether every id so far was greater than the one before. */
  #isAscending = true
  #last: string | undefined
  #previous: string | undefined

  visit(url: URL): void {
    const place = url.pathname + url.search
    if (this.#visited.has(place)) throw pagesLoop("a link came twice")
    this.#visited.add(place)
  }

  check(page: RecordPage): void {
    const { count } = page
    const ids = page.ids.slice(0, count).filter((id) => id !== undefined)
    const outline = `${ids[0]} ${ids.at(-1)} ${count}`
    if (ids.length > 0 && outline === this.#previous) throw pagesLoop("a page came twice")
    const last = this.#last
    if (this.#isAscending && last !== undefined && ids.length > 0 && ids.every((id) => !isAfter(id, last))) {
      throw pagesLoop("they run backwards")
    }
    for (const id of ids) {
      if (this.#last !== undefined && (!isAfter(id, this.#last) || id.length !== this.#last.length)) {
        this.#isAscending = false
      }
      this.#last = id
    }
    this.#previous = outline
  }
}

/** Whether an id comes after another. Clever's are all of one length; of others nothing can be said. */
function isAfter(id: string, other: string): boolean {
  return id.length !== other.length || id > other
}

function pagesLoop(reason: string): HomeroomError {
  return new HomeroomError("CLEVER_PAGES_LOOP", {
    message: `Clever's pages can't be trusted to be complete: ${reason}.`,
    details: { reason },
  })
}

import { type ImportProgress, importProgress } from "../../../exchange/index.ts"
import { repeatWithTimer } from "../../../models/index.ts"
import type { Visit } from "../../routing/visit.ts"
import { progressTexts, stateMark } from "./progress-text.ts"

/** After so many looks the browser connects anew, so that it is asked anew whether it may. */
const looksPerConnection = 300
/** Something is sent at least so often: proxies close what is silent. */
const looksPerSign = 15

/**
 * The progress of a district's import as server-sent events: one whenever it has moved, read from the storage, so that
 * it does not matter which process does the import.
 */
export function eventsOf(visit: Visit): Response {
  const headers = { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" }
  if (visit.request.method === "HEAD") return new Response(null, { headers })
  const { progressMs = 1_000, repeat = repeatWithTimer } = visit.parts
  const stopping = new AbortController()
  const stopped = AbortSignal.any([stopping.signal, visit.request.signal, visit.closing])
  const looking = new ProgressLook(visit)
  let stopRepeating = (): void => {}
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      let looks = 0
      let isLooking = false
      const encoder = new TextEncoder()
      const end = (): void => {
        stopRepeating()
        try {
          controller.close()
        } catch {
          // The browser has gone already.
        }
      }
      const look = async (): Promise<void> => {
        if (isLooking || stopped.aborted) return
        isLooking = true
        try {
          const event = await looking.next()
          const isSign = ++looks % looksPerSign === 0
          if (stopped.aborted) return
          if (event !== undefined) controller.enqueue(encoder.encode(event))
          else if (isSign) controller.enqueue(encoder.encode(":\n\n"))
          if (looks >= looksPerConnection) stopping.abort()
        } catch {
          // The storage is away: the browser connects anew in a while.
          stopping.abort()
        } finally {
          isLooking = false
        }
      }
      stopped.addEventListener("abort", end)
      controller.enqueue(encoder.encode("retry: 2000\n\n"))
      await look()
      if (!stopped.aborted) stopRepeating = repeat(() => void look(), progressMs)
    },
    cancel: () => stopping.abort(),
  })
  return new Response(body, { headers })
}

/** Looks at a district's import again and again. */
class ProgressLook {
  readonly #visit: Visit
  #progress: ImportProgress | undefined
  #sent = ""

  constructor(visit: Visit) {
    this.#visit = visit
  }

  /** The event to send; undefined where nothing has moved. */
  async next(): Promise<string | undefined> {
    const { parts, connection, clock } = this.#visit
    const { districtId } = connection
    const { waiting, running } = await parts.imports.status(districtId)
    const before = this.#progress
    const now = await importProgress({ storage: parts.storage, districtId, clock, before })
    this.#progress = now
    const data = JSON.stringify({
      state: stateMark(now, waiting ?? running),
      share: now?.share ?? null,
      texts: now === undefined ? {} : progressTexts(this.#visit, now),
    })
    if (data === this.#sent) return undefined
    this.#sent = data
    return `event: progress\ndata: ${data}\n\n`
  }
}

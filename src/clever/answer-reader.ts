/** An answer's headers, by name in any case: the web's `Headers`, or as much of them as is needed. */
export type AnswerHeaders = Pick<Headers, "get" | "has">

/** Who is told of an answer while it comes. What it throws ends the request, which rejects with that. */
export interface AnswerReader {
  head(status: number, headers: AnswerHeaders): void
  /** Bytes of the body, decompressed. They are the sender's own again as soon as this returns. */
  bytes(chunk: Uint8Array): void
}

export interface SendOptions {
  /** Default `GET`. */
  readonly method?: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** What goes along with a POST. */
  readonly body?: string | undefined
  readonly signal: AbortSignal
  readonly reader: AnswerReader
}

/** Sends one request, once, and resolves when its answer has come in whole. Follows no redirect. */
export type Send = (url: URL, options: SendOptions) => Promise<void>

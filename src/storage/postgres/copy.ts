import type { Writable } from "node:stream"
import { finished } from "node:stream/promises"
import type { PgClientLike } from "./pool.ts"

/** Makes the query that `pg` runs a COPY with. */
type CopyFrom = (text: string) => Writable

let importing: Promise<CopyFrom | undefined> | undefined

/** What `pg-copy-streams` gives; undefined where it is not installed. */
export function copyFrom(): Promise<CopyFrom | undefined> {
  importing ??= import("pg-copy-streams").then(
    ({ from }) => from as unknown as CopyFrom,
    () => undefined,
  )
  return importing
}

/** True of a connection of `pg`'s own, whose protocol a COPY needs; PGlite's and others' are no such. */
export function canCopy(client: PgClientLike): boolean {
  return "connection" in client
}

/** The text as a literal of SQL: a COPY can't have its values apart. */
export function literalOf(client: PgClientLike, text: string): string {
  return (client as unknown as { escapeLiteral(text: string): string }).escapeLiteral(text)
}

/**
 * Sends the bytes as the input of `COPY … FROM STDIN`. They must stay as they are until it is done. Rejects with the
 * server's error, or the connection's.
 *
 * One message is handed over at a time, and the end of the input only after all of them: once the server has refused the
 * COPY, `pg-copy-streams` has no connection any more, and what it still had to send would throw where nobody can catch it
 * (https://github.com/brianc/node-pg-copy-streams/issues/171).
 */
export async function copyBytes(
  client: PgClientLike,
  from: CopyFrom,
  text: string,
  bytes: Uint8Array,
): Promise<void> {
  const stream = from(text)
  ;(client as unknown as { query(stream: Writable): unknown }).query(stream)
  const done = finished(stream)
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    await Promise.race([written(stream, bytes.subarray(at, at + chunkBytes)), done])
  }
  stream.end()
  await done
}

/** Resolves once the socket has taken the bytes, which is before the server has them. */
function written(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

/** The size of one message of the protocol. */
const chunkBytes = 256 * 1024

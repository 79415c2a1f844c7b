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

/** Sends the bytes as the input of `COPY … FROM STDIN`. They must stay as they are until it is done. */
export async function copyBytes(
  client: PgClientLike,
  from: CopyFrom,
  text: string,
  bytes: Uint8Array,
): Promise<void> {
  const stream = from(text)
  ;(client as unknown as { query(stream: Writable): unknown }).query(stream)
  const done = finished(stream)
  for (let at = 0; at < bytes.length; at += chunkBytes) stream.write(bytes.subarray(at, at + chunkBytes))
  stream.end()
  await done
}

/** The size of one message of the protocol. */
const chunkBytes = 256 * 1024

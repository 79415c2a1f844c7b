import { Writable } from "node:stream"
import { describe, expect, test } from "vitest"
import { copyBytes, copyFrom } from "../../src/storage/postgres/copy.ts"
import type { PgClientLike } from "../../src/storage/postgres/index.ts"

/** What `pg` calls of a query that is a COPY. */
interface CopyQuery {
  submit(connection: unknown): void
  handleCopyInResponse(connection: unknown): void
  handleError(error: Error): void
  handleReadyForQuery(): void
}

const megabyte = 1024 * 1024
const refused = () => Object.assign(new Error("canceling statement"), { code: "57014" })

/** A COPY of some bytes over a socket that takes one write at a time, when it is told to. */
async function copying(bytes: Buffer) {
  const from = await copyFrom()
  if (from === undefined) throw new Error("pg-copy-streams is not installed")
  const taken: Buffer[] = []
  let take: (() => void) | undefined
  const socket = new Writable({
    write(chunk: Buffer, _, callback) {
      taken.push(Buffer.from(chunk))
      take = callback
    },
  })
  const connection = { stream: socket, query: () => {} }
  let query: CopyQuery | undefined
  const client = {
    query(stream: CopyQuery) {
      query = stream
      stream.submit(connection)
    },
  } as unknown as PgClientLike
  const copied = copyBytes(client, from, "COPY homeroom.changes FROM STDIN", bytes)
  copied.catch(() => {})
  return {
    copied,
    connection,
    query: query as unknown as CopyQuery,
    /** Everything that the socket was given. */
    sent: () => Buffer.concat(taken),
    /** The socket goes on until it has nothing left. */
    async drain() {
      while (take !== undefined) {
        const callback = take
        take = undefined
        callback()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

/** The contents of the protocol's messages, by their types. */
function messagesOf(sent: Buffer): { type: string; contents: Buffer }[] {
  const messages: { type: string; contents: Buffer }[] = []
  for (let at = 0; at < sent.length; ) {
    const end = at + 1 + sent.readUInt32BE(at + 1)
    messages.push({ type: sent.toString("latin1", at, at + 1), contents: sent.subarray(at + 5, end) })
    at = end
  }
  return messages
}

describe("the input of a COPY", () => {
  const bytes = Buffer.from(Array.from({ length: megabyte }, (_, index) => index % 251))

  test("arrives whole, in order, and ended once", async () => {
    const copy = await copying(bytes)
    copy.query.handleCopyInResponse(copy.connection)
    await copy.drain()
    copy.query.handleReadyForQuery()
    await copy.copied
    const messages = messagesOf(copy.sent())
    expect(messages.map(({ type }) => type)).toEqual(["d", "d", "d", "d", "c"])
    expect(Buffer.concat(messages.map(({ contents }) => contents)).equals(bytes)).toBe(true)
  })

  test("is given up where the server refuses it in the middle, though the socket goes on", async () => {
    const copy = await copying(bytes)
    copy.query.handleCopyInResponse(copy.connection)
    // The first message is on its way, and three more are to follow.
    copy.query.handleError(refused())
    await expect(copy.copied).rejects.toMatchObject({ code: "57014" })
    await copy.drain()
    expect(messagesOf(copy.sent()).map(({ type }) => type)).toEqual(["d"])
  })

  test("is given up where the server refuses it before it has asked for any", async () => {
    const copy = await copying(bytes)
    copy.query.handleError(refused())
    await expect(copy.copied).rejects.toMatchObject({ code: "57014" })
    await copy.drain()
    expect(copy.sent()).toHaveLength(0)
  })

  test("is given up where the server refuses it after all of it", async () => {
    const copy = await copying(bytes)
    copy.query.handleCopyInResponse(copy.connection)
    await copy.drain()
    copy.query.handleError(refused())
    await expect(copy.copied).rejects.toMatchObject({ code: "57014" })
  })
})

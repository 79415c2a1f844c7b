import { subscribe, unsubscribe } from "node:diagnostics_channel"
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http"
import type { AddressInfo } from "node:net"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { CleverClient, CleverClientOptions } from "../../src/clever/index.ts"
import { districtId, failure, idOf, testClient, token, userPage, userPageIds } from "./harness.ts"

let server: Server | undefined
/** With Node's own client unless a test says otherwise. */
let sender: Pick<CleverClientOptions, "fetch"> = {}

afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined))
  server = undefined
})

/** A client of a server of our own, for what nock can't do to a connection. */
async function clientOf(
  answer: (request: IncomingMessage, response: ServerResponse, number: number) => void,
  options: CleverClientOptions = {},
): Promise<{ client: CleverClient; asked: string[] }> {
  const asked: string[] = []
  server = createServer((request, response) => {
    asked.push(request.url ?? "")
    answer(request, response, asked.length)
  })
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve))
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { client: testClient({ districtToken: token, apiUrl, ...sender, ...options }).client, asked }
}

const pages = (number: number, last: number): string =>
  JSON.stringify(
    userPage(
      [idOf(number * 2), idOf(number * 2 + 1)],
      number < last ? `/v3.1/users?page=${number + 1}` : undefined,
    ),
  )

/** A signal that something has happened, to be waited for. */
function event(): { happened: Promise<void>; happen: () => void } {
  let happen = (): void => undefined
  const happened = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { happened, happen }
}

describe.each<[string, Pick<CleverClientOptions, "fetch">]>([
  ["Node's own client", {}],
  ["a fetch of the app's", { fetch: (input, init) => globalThis.fetch(input, init) }],
])("with %s", (_, chosen) => {
  beforeEach(() => {
    sender = chosen
  })
  afterEach(() => {
    sender = {}
  })

  describe("S7 connections that break", () => {
    it("half-way through a body: asked again", async () => {
      const { client, asked } = await clientOf((_request, response, number) => {
        const body = pages(1, 1)
        response.writeHead(200, { "content-type": "application/json", "content-length": body.length })
        if (number > 1) return response.end(body)
        response.write(body.slice(0, 40))
        setImmediate(() => response.destroy())
      })
      expect(await userPageIds(client)).toEqual([[idOf(2), idOf(3)]])
      expect(asked).toHaveLength(2)
    })

    it("half-way through a chunked body every time: unreachable", async () => {
      const { client } = await clientOf(
        (_request, response) => {
          response.write('{"data":[')
          setImmediate(() => response.destroy())
        },
        { maxRetries: 1 },
      )
      const error = await failure(userPageIds(client), "CLEVER_UNREACHABLE")
      expect(error.details).toMatchObject({ path: "/v3.1/users", attempts: 2 })
    })

    it("a server that never answers", async () => {
      const { client } = await clientOf(() => undefined, { stallTimeoutMs: 20, maxRetries: 0 })
      const error = await failure(userPageIds(client), "CLEVER_UNREACHABLE")
      expect(error.message).toContain("in time")
    })

    it("a body that stops coming", async () => {
      const { client } = await clientOf((_request, response) => response.write('{"data":['), {
        stallTimeoutMs: 20,
        maxRetries: 0,
      })
      await failure(userPageIds(client), "CLEVER_UNREACHABLE")
    })

    it("a body that drips for ever", async () => {
      const { client } = await clientOf(
        (_request, response) => {
          const drip = setInterval(() => response.write(" "), 2)
          response.on("close", () => clearInterval(drip))
        },
        { timeoutMs: 60, stallTimeoutMs: 10_000, maxRetries: 0 },
      )
      await failure(userPageIds(client), "CLEVER_UNREACHABLE")
    })
  })

  describe("bodies", () => {
    it.each(["announced", "chunked"])("too large, %s: not read on", async (form) => {
      const closed = event()
      const { client } = await clientOf(
        (_request, response) => {
          response.on("close", closed.happen)
          if (form === "announced") response.setHeader("content-length", 5_000_000)
          const more = (): void => {
            if (!response.destroyed && response.write(" ".repeat(65_536))) setImmediate(more)
            else response.once("drain", more)
          }
          more()
        },
        { maxBodyBytes: 100_000, maxRetries: 3 },
      )
      const error = await failure(userPageIds(client), "CLEVER_BODY_TOO_LARGE")
      expect(error.details).toEqual({ maxBodyBytes: 100_000 })
      expect(client.requestCount).toBe(1)
      await closed.happened
    })

    it("of the largest size allowed", async () => {
      const body = pages(1, 1)
      const { client } = await clientOf((_request, response) => response.end(body), {
        maxBodyBytes: body.length,
      })
      expect(await userPageIds(client)).toHaveLength(1)
      await failure(async () => {
        const { client: stricter } = await clientOf((_request, response) => response.end(body), {
          maxBodyBytes: body.length - 1,
        })
        return userPageIds(stricter)
      }, "CLEVER_BODY_TOO_LARGE")
    })

    it("are asked for uncompressed unless compression is chosen", async () => {
      const encodings: (string | undefined)[] = []
      const answer = (request: IncomingMessage, response: ServerResponse): void => {
        const encoding = request.headers["accept-encoding"]?.toString()
        encodings.push(encoding)
        if (!encoding?.includes("gzip")) return void response.end(pages(1, 1))
        response.setHeader("content-encoding", "gzip")
        response.end(gzipSync(pages(1, 1)))
      }
      expect(await userPageIds((await clientOf(answer)).client)).toHaveLength(1)
      server?.closeAllConnections()
      server?.close()
      expect(await userPageIds((await clientOf(answer, { compression: true })).client)).toHaveLength(1)
      expect(encodings).toEqual(["identity", expect.stringContaining("gzip")])
    })

    it.each([
      ["gzip", gzipSync],
      ["deflate", deflateSync],
      ["br", brotliCompressSync],
    ])(
      "compressed with %s are unpacked, and asked for again where they are torn",
      async (encoding, compress) => {
        const body = compress(pages(1, 1))
        const { client, asked } = await clientOf((_request, response, number) => {
          response.setHeader("content-encoding", encoding)
          response.end(number === 1 ? body.subarray(0, body.length - 12) : body)
        })
        expect(await userPageIds(client)).toEqual([[idOf(2), idOf(3)]])
        expect(asked).toHaveLength(2)
      },
    )

    it("compressed and too large once unpacked: not read on", async () => {
      const { client } = await clientOf(
        (_request, response) => {
          response.setHeader("content-encoding", "gzip")
          response.end(gzipSync(" ".repeat(5_000_000)))
        },
        { maxBodyBytes: 100_000 },
      )
      await failure(userPageIds(client), "CLEVER_BODY_TOO_LARGE")
      expect(client.requestCount).toBe(1)
    })

    it("of a refusal are not read to their end where that is far", async () => {
      const closed = event()
      const { client } = await clientOf((_request, response) => {
        response.on("close", closed.happen)
        response.writeHead(404)
        const more = (): void => {
          if (!response.destroyed && response.write(" ".repeat(65_536))) setImmediate(more)
          else response.once("drain", more)
        }
        more()
      })
      await failure(userPageIds(client), "CLEVER_NOT_FOUND")
      await closed.happened
    })

    it("grow as they come, and stay what they were while the next one is fetched", async () => {
      const large = (number: number): string =>
        JSON.stringify({
          data: Array.from({ length: 2_000 }, (_, index) => ({
            data: { id: idOf(number * 10_000 + index), district: districtId, note: `${number}`.repeat(200) },
          })),
          links: number < 5 ? [{ rel: "next", uri: `/v3.1/users?page=${number + 1}` }] : [],
        })
      const { client } = await clientOf((_request, response, number) => {
        const body = large(number)
        for (let at = 0; at < body.length; at += 50_000) response.write(body.slice(at, at + 50_000))
        response.end()
      })
      const arrived: Promise<unknown>[] = []
      let number = 0
      for await (const page of client.recordPages({ districtId, kind: "user" })) {
        number++
        // Time for the page after it to come in whole.
        arrived.push(new Promise((resolve) => setImmediate(resolve)))
        await arrived.at(-1)
        expect(page.count).toBe(2_000)
        expect(Buffer.from(page.body).toString()).toBe(large(number))
        const first = Buffer.from(page.body.subarray(page.starts[0], page.ends[0])).toString()
        expect(JSON.parse(first)).toMatchObject({ id: page.ids[0], note: `${number}`.repeat(200) })
      }
      expect(number).toBe(5)
    })
  })
})

describe("reading one page ahead", () => {
  it("asks for the next page while this one is in hand, and for no other", async () => {
    const secondAsked = event()
    const { client, asked } = await clientOf((_request, response, number) => {
      if (number === 2) secondAsked.happen()
      response.end(pages(number, 4))
    })
    const iterator = client.recordPages({ districtId, kind: "user" })
    expect(asked).toHaveLength(0)
    await iterator.next()
    await secondAsked.happened
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toHaveLength(2)
    expect((await iterator.next()).value?.ids[0]).toBe(idOf(4))
    await iterator.return()
    expect(asked.length).toBeLessThanOrEqual(3)
  })

  it("the request has left before this page is handed out, so that a busy consumer can't hold it up", async () => {
    const { client } = await clientOf((_request, response, number) => response.end(pages(number, 4)))
    const requests: ClientRequest[] = []
    const note = (message: unknown): void => {
      requests.push((message as { request: ClientRequest }).request)
    }
    subscribe("http.client.request.start", note)
    try {
      let handedOut = 0
      for await (const page of client.recordPages({ districtId, kind: "user" })) {
        handedOut++
        const sent = requests.filter((request) => request.writableFinished)
        expect(sent).toHaveLength(page.next === null ? handedOut : handedOut + 1)
      }
      expect(handedOut).toBe(4)
    } finally {
      unsubscribe("http.client.request.start", note)
    }
  })

  it("leaving early cancels the page under way", async () => {
    const begun = event()
    const closed = event()
    const { client } = await clientOf((_request, response, number) => {
      if (number === 1) return response.end(pages(1, 9))
      response.on("close", closed.happen)
      response.write("{")
      begun.happen()
    })
    for await (const page of client.recordPages({ districtId, kind: "user" })) {
      expect(page.count).toBe(2)
      await begun.happened
      break
    }
    await closed.happened
    expect(client.requestCount).toBe(2)
  })

  it("a failure of the page ahead that nobody waits for is no unhandled one", async () => {
    const refused = event()
    const { client } = await clientOf((_request, response, number) => {
      if (number === 1) return response.end(pages(1, 9))
      response.on("close", refused.happen)
      response.writeHead(404).end()
    })
    for await (const page of client.recordPages({ districtId, kind: "user" })) {
      expect(page.count).toBe(2)
      await refused.happened
      break
    }
  })

  it("aborting while a page is on its way ends at once", async () => {
    const controller = new AbortController()
    const closed = event()
    const { client } = await clientOf((_request, response) => {
      response.on("close", closed.happen)
      response.write("{")
      controller.abort()
    })
    await failure(userPageIds(client, { signal: controller.signal }), "ABORTED")
    await closed.happened
  })
})

import { existsSync, readFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"

/** Where the recordings lie; they are not part of the project. */
export const recordings: string = fileURLToPath(
  new URL("../../../shared/clever/recordings/", import.meta.url),
)

/** Why a test is skipped where there are none; undefined where there are. */
export const whySkipped: string | undefined = existsSync(recordings)
  ? undefined
  : "the recorded answers of the real API are not beside the project"

export interface RecordedAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** The demo district: whole lists of users and sections, and nothing recorded of the other kinds. */
export function demoDistrict(): Map<string, RecordedAnswer> {
  const answers = new Map<string, RecordedAnswer>()
  for (const kind of ["districts", "users", "sections"]) {
    const body = readFileSync(`${recordings}demo-district/v3.0-${kind}.json`, "utf8")
    answers.set(`/v3.0/${kind}`, { status: 200, headers: { "content-type": "application/json" }, body })
  }
  return answers
}

/** The certification district: first pages, single records, a list of tokens, an HTML 404. */
export function certificationDistrict(): Map<string, RecordedAnswer> {
  const recorded = JSON.parse(readFileSync(`${recordings}certification-isd-v3.0.json`, "utf8")) as {
    url: string
    status: number
    headers: Record<string, string>
    body?: unknown
    text?: string
  }[]
  const answers = new Map<string, RecordedAnswer>()
  for (const { url, status, headers, body, text } of recorded) {
    const { pathname, searchParams } = new URL(url)
    const after = searchParams.get("starting_after")
    const place = after === null ? pathname : `${pathname}?starting_after=${after}`
    // The limit of that day has long been reset.
    const { "x-ratelimit-reset": _, ...kept } = headers
    answers.set(place, { status, headers: kept, body: text ?? JSON.stringify(body) })
  }
  return answers
}

export interface RecordedClever {
  url: string
  /** Path and query of every request, in order. */
  requests: string[]
  close(): Promise<void>
}

/**
 * Serves recorded answers on loopback, whatever the page size asked for. What was not recorded is an empty list,
 * as the page after a recorded one is where the recording ends.
 */
export async function serveRecorded(answers: ReadonlyMap<string, RecordedAnswer>): Promise<RecordedClever> {
  const requests: string[] = []
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1")
    requests.push(request.url ?? "/")
    const after = searchParams.get("starting_after")
    const isNewest = searchParams.get("ending_before") === "last"
    const place = after === null ? pathname : `${pathname}?starting_after=${after}`
    const answer = isNewest ? newest(answers.get(pathname)) : answers.get(place)
    const { status, headers, body } = answer ?? {
      status: 200,
      headers: { "content-type": "application/json" },
      body: '{"data":[],"links":[]}',
    }
    const { "content-length": _, ...kept } = headers
    response.writeHead(status, kept).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What `ending_before=last&limit=1` gives of a recorded page: its last item. */
function newest(answer: RecordedAnswer | undefined): RecordedAnswer | undefined {
  if (answer === undefined) return undefined
  const { data } = JSON.parse(answer.body) as { data: unknown[] }
  return { ...answer, body: JSON.stringify({ data: data.slice(-1), links: [] }) }
}

import { describe, expect, it } from "vitest"
import { fault, type Simulator } from "../../src/simulator/index.ts"
import { ask, idsOf, linkIn, openSimulator, recordsIn } from "./support.ts"

const users = "/v3.1/users?limit=5"

function fetchUsers(simulator: Simulator): Promise<Response> {
  const headers = { authorization: `Bearer ${simulator.districts[0]?.token}` }
  return fetch(new URL(users, simulator.apiUrl), { headers })
}

/** Reads no more than has come of a body: how many bytes that were. */
async function firstChunk(simulator: Simulator): Promise<number | undefined> {
  for await (const chunk of (await fetchUsers(simulator)).body ?? []) return chunk.length
  return undefined
}

/** Reads a body as it comes, and says how it ended. */
async function readRaw(simulator: Simulator): Promise<{ status: number; announced: number; bytes: number }> {
  const response = await fetchUsers(simulator)
  const announced = Number(response.headers.get("content-length") ?? Number.NaN)
  let bytes = 0
  try {
    for await (const chunk of response.body ?? []) bytes += chunk.length
  } catch {
    return { status: -1, announced, bytes }
  }
  return { status: response.status, announced, bytes }
}

describe("where and how often a fault hits", () => {
  it("only requests that match, after so many, so many times, until it is removed", async () => {
    const simulator = await openSimulator({ users: 20 })
    const broken = fault.answer({ status: 503 })
    const statuses = async (...paths: string[]) => {
      const found: number[] = []
      for (const path of paths) found.push((await ask(simulator, path)).status)
      return found
    }
    const handle = simulator.faults.add({ fault: broken, match: "/users", after: 1, times: 2 })
    expect(await statuses(users, "/v3.1/schools", users, "/v3.0/users", users)).toEqual([
      200, 200, 503, 503, 200,
    ])
    expect(handle.hits).toBe(2)
    handle.remove()
    simulator.faults.add({ fault: broken, match: /starting_after/ })
    simulator.faults.add({ fault: broken, match: (request) => request.headers.get("x-break") === "yes" })
    expect(await statuses(users, `${users}&starting_after=${"0".repeat(24)}`)).toEqual([200, 503])
    simulator.faults.clear()
    simulator.faults.add({
      fault: broken,
      match: (request) => request.districtId !== simulator.districts[0]?.id,
    })
    expect(await statuses(users)).toEqual([200])
    expect((await ask(simulator, users, "stranger")).status).toBe(503)
  })

  it("also requests for tokens", async () => {
    const simulator = await openSimulator({ users: 20 })
    simulator.faults.add({ fault: fault.answer({ status: 500 }), match: "/oauth/tokens" })
    expect((await fetch(`${simulator.authUrl}/oauth/tokens?owner_type=district`)).status).toBe(500)
  })

  it("several at once: the last one added is outermost", async () => {
    const simulator = await openSimulator({ users: 20 })
    simulator.faults.add({ fault: fault.rewriteText((text) => `${text}1`) })
    simulator.faults.add({ fault: fault.rewriteText((text) => `${text}2`) })
    expect((await ask(simulator, users)).text).toMatch(/12$/)
  })
})

describe("answers that are not Clever's", () => {
  it("statuses with JSON, HTML or empty bodies", async () => {
    const simulator = await openSimulator({ users: 20 })
    const once = async (made: ReturnType<typeof fault.answer>) => {
      simulator.faults.add({ fault: made, times: 1 })
      const { status, headers, text } = await ask(simulator, users)
      return [status, headers.get("content-type"), text]
    }
    const json = "application/json; charset=utf-8"
    expect(await once(fault.answer({ status: 500, body: { message: "no" } }))).toEqual([
      500,
      json,
      '{"message":"no"}',
    ])
    expect(await once(fault.answer({ status: 502 }))).toEqual([502, null, ""])
    expect(await once(fault.answer({ status: 200 }))).toEqual([200, null, ""])
    const [status, type, page] = await once(fault.html({ text: "Down <now>" }))
    expect([status, type]).toEqual([200, "text/html; charset=utf-8"])
    expect(page).toContain("Down &lt;now>")
    expect((await once(fault.html({ status: 503 })))[0]).toBe(503)
    expect(await once(fault.missingEnvelope())).toEqual([200, json, "{}"])
  })

  it("a storm of 429 with the second at which it ends", async () => {
    const simulator = await openSimulator({ users: 20 })
    const now = () => new Date("2025-09-01T06:00:00Z")
    simulator.faults.add({ fault: fault.rateLimited({ resetInSeconds: 30, now }), times: 2 })
    for (const expected of [429, 429, 200]) expect((await ask(simulator, users)).status).toBe(expected)
    simulator.faults.add({ fault: fault.rateLimited({ resetInSeconds: 30, now }), times: 1 })
    const { headers, text } = await ask(simulator, users)
    expect(text).toBe("")
    expect(headers.get("x-ratelimit-remaining")).toBe("0")
    expect(headers.get("x-ratelimit-reset")).toBe(String(now().getTime() / 1000 + 30))
  })

  it("redirects", async () => {
    const simulator = await openSimulator({ users: 20 })
    simulator.faults.add({ fault: fault.redirect({ to: "http://elsewhere.example/" }) })
    const { status, headers } = await ask(simulator, users)
    expect([status, headers.get("location")]).toEqual([302, "http://elsewhere.example/"])
  })
})

describe("broken transport", () => {
  it("a connection cut before the answer, and in the middle of a body whose length was announced", async () => {
    const simulator = await openSimulator({ users: 20 })
    simulator.faults.add({ fault: fault.cutConnection(), times: 1 })
    await expect(ask(simulator, users)).rejects.toThrow()
    simulator.faults.add({ fault: fault.cutConnection({ afterBytes: "half" }), times: 1 })
    const torn = await readRaw(simulator)
    expect(torn.status).toBe(-1)
    expect(torn.bytes).toBeLessThan(torn.announced)
    expect(torn.announced).toBe(Buffer.byteLength((await ask(simulator, users)).text))
    expect(simulator.requests.count({ status: 0 })).toBe(2)
  })

  it("a good answer with half a body", async () => {
    const simulator = await openSimulator({ users: 20 })
    const { text } = await ask(simulator, users)
    simulator.faults.add({ fault: fault.truncate() })
    const half = await ask(simulator, users)
    expect([half.status, half.text]).toEqual([200, text.slice(0, text.length >> 1)])
  })

  it("a body that drips, and one that is far too large, say the same", async () => {
    const simulator = await openSimulator({ users: 20 })
    const { json } = await ask(simulator, users)
    const slow = simulator.faults.add({ fault: fault.drip({ chunkBytes: 100, everyMs: 600_000 }) })
    expect(await firstChunk(simulator)).toBe(100)
    slow.remove()
    const drip = simulator.faults.add({ fault: fault.drip({ chunkBytes: 100 }) })
    expect((await ask(simulator, users)).json).toEqual(json)
    drip.remove()
    simulator.faults.add({ fault: fault.oversize({ bytes: 1_000_000 }) })
    const large = await ask(simulator, users)
    expect(Buffer.byteLength(large.text)).toBe(1_000_000)
    expect(large.json).toEqual(json)
  })

  it("late answers, and none at all: closing does not wait for them", async () => {
    const simulator = await openSimulator({ users: 20 })
    simulator.faults.add({ fault: fault.delay({ ms: 1 }), times: 1 })
    expect((await ask(simulator, users)).status).toBe(200)
    let arrived = (): void => undefined
    const waiting = new Promise<void>((resolve) => {
      arrived = resolve
    })
    simulator.faults.add({ fault: fault.hang() })
    simulator.faults.add({ fault: fault.around({ before: () => arrived() }) })
    const asked = ask(simulator, users).then(
      () => "answered",
      () => "cut",
    )
    await waiting
    await simulator.close()
    expect(await asked).toBe("cut")
  })
})

describe("lists that go wrong", () => {
  it("pages that repeat, run backwards, are out of order, end too early, or lead to a stranger", async () => {
    const simulator = await openSimulator({ users: 30 })
    const plain = (await ask(simulator, users)).json
    const ids = idsOf(recordsIn(plain))
    const once = async (made: ReturnType<typeof fault.repeatPage>) => {
      simulator.faults.add({ fault: made, times: 1 })
      return (await ask(simulator, users)).json
    }
    expect(linkIn(await once(fault.repeatPage()), "next")).toBe(users)
    expect(idsOf(recordsIn(await once(fault.descendingPage())))).toEqual([...ids].reverse())
    const mixed = idsOf(recordsIn(await once(fault.unsortedPage())))
    expect(mixed).not.toEqual(ids)
    expect([...mixed].sort()).toEqual(ids)
    expect(linkIn(await once(fault.missingNext()), "next")).toBeUndefined()
    expect(linkIn(await once(fault.foreignNext()), "next")).toMatch(
      /^http:\/\/evil\.example\/v3\.1\/users\?starting_after/,
    )
    expect(await once(fault.emptyPage())).toEqual({ data: [], links: [] })
    expect(idsOf(recordsIn(await once(fault.ignoreLimit({ limit: 2 }))))).toEqual(ids.slice(0, 2))
    expect(recordsIn(await once(fault.ignoreLimit()))).toHaveLength(30)
  })

  it("items wrapped otherwise", async () => {
    const simulator = await openSimulator({ users: 30 })
    const plain = (await ask(simulator, users)).json
    simulator.faults.add({ fault: fault.singleWrapped(), times: 1 })
    expect((await ask(simulator, users)).json.data).toEqual(recordsIn(plain))
    simulator.faults.add({ fault: fault.linksOnItems(), times: 1 })
    const [item] = (await ask(simulator, users)).json.data as { data: unknown; links: unknown }[]
    const [id] = idsOf(recordsIn(plain))
    expect(item).toEqual({ data: recordsIn(plain)[0], links: [{ rel: "self", uri: `/v3.1/users/${id}` }] })
  })

  it("records that can't be accepted", async () => {
    const simulator = await openSimulator({ users: 30 })
    const plain = recordsIn((await ask(simulator, users)).json)
    const once = async (
      damage: Parameters<typeof fault.damageRecords>[0]["damage"],
      which: number[] = [1],
    ) => {
      simulator.faults.add({ fault: fault.damageRecords({ damage, which }), times: 1 })
      return recordsIn((await ask(simulator, users)).json)
    }
    expect((await once("no-id"))[1]).not.toHaveProperty("id")
    expect((await once("wrong-district"))[1]).toEqual({ ...plain[1], district: "0".repeat(24) })
    expect((await once("wrong-type"))[1]).toMatchObject({ id: plain[1]?.id, roles: "student" })
    expect((await once("not-an-object"))[1]).toBe("not an object")
    expect(await once("duplicate", [0])).toEqual([plain[0], ...plain])
    simulator.faults.add({
      fault: fault.damageRecords({ damage: "no-id", which: (record) => record.id === plain[2]?.id }),
    })
    const found = recordsIn((await ask(simulator, users)).json)
    expect(found.map((record) => "id" in record)).toEqual([true, true, false, true, true])
  })
})

describe("a world that moves", () => {
  it("changes while it is being listed", async () => {
    const simulator = await openSimulator({ users: 30 })
    const [district] = simulator.districts
    const [first, , third] = idsOf(district?.records("user") ?? [])
    simulator.faults.add({
      match: "/users",
      after: 1,
      times: 1,
      fault: fault.around({
        before: () => {
          district?.remove("user", first ?? "")
          district?.edit("user", third ?? "", { email: "moved@example.net" })
        },
      }),
    })
    const one = (await ask(simulator, "/v3.1/users?limit=2")).json
    const two = (await ask(simulator, linkIn(one, "next") ?? "")).json
    expect(idsOf(recordsIn(one))).toContain(first)
    expect(recordsIn(two)[0]).toMatchObject({ id: third, email: "moved@example.net" })
  })

  it("has its token revoked half-way", async () => {
    const simulator = await openSimulator({ users: 30 })
    const token = simulator.districts[0]?.token
    simulator.faults.add({
      after: 1,
      times: 1,
      fault: fault.around({ before: () => simulator.districts[0]?.rotateToken() }),
    })
    expect((await ask(simulator, users, token)).status).toBe(200)
    expect((await ask(simulator, users, token)).status).toBe(401)
    expect((await ask(simulator, users)).status).toBe(200)
  })

  it("refuses a cursor, and does whatever else it is told", async () => {
    const simulator = await openSimulator({ users: 30 })
    simulator.faults.add({ match: "/events", fault: fault.rejectCursor() })
    expect((await ask(simulator, "/v3.1/events")).status).toBe(200)
    expect((await ask(simulator, `/v3.1/events?starting_after=${"0".repeat(24)}`)).status).toBe(400)
    simulator.faults.add({
      match: "/users",
      fault: fault.custom(async (request, next) => {
        const response = await next()
        return new Response(`${request.method} ${response.status}`, { status: 418 })
      }),
    })
    const { status, text } = await ask(simulator, users)
    expect([status, text]).toEqual([418, "GET 200"])
  })
})

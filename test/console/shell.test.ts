import { describe, expect, test } from "vitest"
import { type ConsoleOptions, createConsole, english } from "../../src/console/index.ts"
import { admin, ConsoleWorld, origin } from "../support/console-world.ts"
import { districtId } from "../support/exchange-world.ts"

const hostile = `<script>alert(1)</script>"'&\u202e\u{1f4a5}`

describe("starting", () => {
  test("is refused without authorize", () => {
    const { storage, connections, roster, imports } = new ConsoleWorld()
    const options = { storage, connections, roster, imports } as unknown as ConsoleOptions
    expect(() => createConsole(options)).toThrow(
      expect.objectContaining({ code: "CONSOLE_AUTHORIZE_MISSING" }),
    )
  })

  test.each([
    { basePath: "no/slash" },
    { basePath: "/a b" },
    { basePath: "//evil.example" },
    { secret: "short" },
    { secret: [] },
    { frameAncestors: ["https://a.example; script-src *"] },
  ])("is refused with %j", (wrong) => {
    expect(() => new ConsoleWorld("memory", wrong)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTIONS" }),
    )
  })
})

describe("every answer", () => {
  test.each(["/partners", "/nothing", "/districts/unknown"])(
    "of %s has the security headers",
    async (path) => {
      const { headers } = await new ConsoleWorld().get(path)
      const policy = headers.get("content-security-policy") ?? ""
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      expect(Object.fromEntries(headers)).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "x-frame-options": "DENY",
      })
    },
  )

  test("allows frames to those sites alone that are named", async () => {
    const world = new ConsoleWorld("memory", { frameAncestors: ["https://lms.example"] })
    const { headers } = await world.get("/partners")
    expect(headers.get("content-security-policy")).toMatch(/frame-ancestors https:\/\/lms\.example$/)
    expect(headers.get("x-frame-options")).toBeNull()
  })

  test("holds nothing inline and nothing from elsewhere, and its stylesheet and script are there", async () => {
    const world = new ConsoleWorld()
    const page = await world.text("/partners")
    expect(page).not.toMatch(/<style|<script(?! src=)|\sstyle=|\son\w+=|javascript:/i)
    expect(page.match(/(?:src|href)="(?!\/exchange\/|#)[^"]*"/g)).toBeNull()
    const assets = [...page.matchAll(/(?:src|href)="\/exchange(\/assets\/[^"]+)"/g)].map(
      ([, path]) => path ?? "",
    )
    expect(assets).toHaveLength(3)
    for (const path of assets) {
      // Whoever is refused sees a page that looks like one.
      const asset = await world.get(path, null)
      expect(asset.status).toBe(200)
      expect(asset.headers.get("cache-control")).toContain("immutable")
      expect(asset.headers.get("content-type")).toMatch(/^(?:text\/(?:css|javascript)|image\/svg)/)
    }
  })
})

describe("a form", () => {
  const path = "/districts/none/nothing"
  // No such address: whether the form itself is taken shows in the next test files.
  const refused = async (world: ConsoleWorld, answer: Response) => {
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain("CONSOLE_FORM_REFUSED")
    expect((await world.connections.get(districtId(1))).state).toBe("active")
  }
  const pause = `/districts/${districtId(1)}/pause`

  test("is taken with its token from the console's own page", async () => {
    const world = new ConsoleWorld()
    await world.connect(districtId(1))
    expect((await world.post(pause)).status).toBe(303)
    expect((await world.connections.get(districtId(1))).state).toBe("paused")
    expect((await world.post(path)).status).toBe(404)
  })

  test("is refused without a token, with one of somebody else, altered, or too old", async () => {
    const world = new ConsoleWorld()
    await world.connect(districtId(1))
    const csrf = await world.csrfToken()
    await refused(world, await world.postAsIs(pause, {}, admin))
    const others = await world.csrfToken({ ...admin, actor: "bob" })
    await refused(world, await world.postAsIs(pause, { csrf: others }, admin))
    await refused(world, await world.postAsIs(pause, { csrf: `${csrf}x` }, admin))
    await refused(world, await world.postAsIs(pause, { csrf: `0${csrf}` }, admin))
    world.nowMs += 12 * 3_600_000 + 60_000
    await refused(world, await world.postAsIs(pause, { csrf }, admin))
  })

  test.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { "content-type": "text/plain" },
    { "content-type": "application/json" },
  ])("is refused with %j", async (headers) => {
    const world = new ConsoleWorld()
    await world.connect(districtId(1))
    await refused(world, await world.post(pause, {}, admin, headers))
  })

  test("of a browser that does not say its site is judged by its origin", async () => {
    const world = new ConsoleWorld("memory", { origins: ["https://public.example"] })
    await world.connect(districtId(1))
    const send = async (from: string | undefined) => {
      const csrf = await world.csrfToken()
      const body = new URLSearchParams({ csrf }).toString()
      const headers = new Headers({ "x-visitor": JSON.stringify(admin) })
      headers.set("content-type", "application/x-www-form-urlencoded")
      if (from !== undefined) headers.set("origin", from)
      return world.console.fetch(new Request(`${origin}/exchange${pause}`, { method: "POST", headers, body }))
    }
    for (const from of [
      undefined,
      "null",
      "https://evil.example",
      `${origin}.evil.example`,
      "http://app.example:81",
    ]) {
      await refused(world, await send(from))
    }
    expect((await send(origin)).status).toBe(303)
    await world.connections.resume(districtId(1), { by: "cli" })
    expect((await send("https://public.example")).status).toBe(303)
  })

  test("is taken by another process on the same storage, and by one that knows the secret before the last", async () => {
    const world = new ConsoleWorld()
    await world.connect(districtId(1))
    const csrf = await world.csrfToken()
    const other = world.anotherConsole()
    const sent = (to: { fetch(request: Request): Promise<Response> }, token: string) =>
      to.fetch(
        new Request(`${origin}/exchange${pause}`, {
          method: "POST",
          headers: {
            "x-visitor": JSON.stringify(admin),
            "sec-fetch-site": "same-origin",
            "content-type": "application/x-www-form-urlencoded",
          },
          body: new URLSearchParams({ csrf: token }).toString(),
        }),
      )
    expect((await sent(other, csrf)).status).toBe(303)
    await world.connections.resume(districtId(1), { by: "cli" })

    const [old, young] = ["o".repeat(32), "y".repeat(32)]
    const before = world.anotherConsole({ secret: old })
    const page = await before.fetch(
      new Request(`${origin}/exchange/partners`, { headers: { "x-visitor": JSON.stringify(admin) } }),
    )
    const token = /name="csrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? ""
    expect((await sent(world.anotherConsole({ secret: young }), token)).status).toBe(403)
    expect((await sent(world.anotherConsole({ secret: [young, old] }), token)).status).toBe(303)
  })

  test("larger than any of the console is not read to its end", async () => {
    const world = new ConsoleWorld()
    await world.connect(districtId(1))
    await refused(world, await world.post(pause, { much: "x".repeat(300_000) }))
  })
})

describe("somebody", () => {
  test("who may see one district sees no other, nor whether there is one", async () => {
    const world = new ConsoleWorld()
    await world.connect(districtId(1))
    await world.connect(districtId(2))
    const visitor = { actor: "principal", can: ["admin"] as const, districts: [districtId(1)] }
    const page = await world.text("/partners", visitor)
    expect(page).toContain(districtId(1))
    expect(page).not.toContain(districtId(2))
    const hidden = await world.get(`/districts/${districtId(2)}`, visitor)
    const unknown = await world.get(`/districts/${districtId(3)}`, visitor)
    expect([hidden.status, unknown.status]).toEqual([404, 404])
    expect(await hidden.text()).toBe((await unknown.text()).replaceAll(districtId(3), districtId(2)))
    const answer = await world.post(`/districts/${districtId(2)}/pause`, {}, visitor)
    expect(answer.status).toBe(404)
    expect((await world.connections.get(districtId(2))).state).toBe("active")
  })

  test("with one district is led to its pages, with several asked which, with none told what to do", async () => {
    const world = new ConsoleWorld()
    expect(await world.text("/import")).toContain("No district is connected yet")
    await world.connect(districtId(1))
    const led = await world.get("/import")
    expect(led.headers.get("location")).toBe(`/exchange/districts/${districtId(1)}/import`)
    await world.connect(districtId(2))
    expect(await world.text("/import")).toContain(`/exchange/districts/${districtId(2)}/import`)
    const switched = await world.get(`/switch?page=import&district=${districtId(2)}`)
    expect(switched.headers.get("location")).toBe(`/exchange/districts/${districtId(2)}/import`)
    expect((await world.get("/switch?page=import&district=none")).status).toBe(404)
    expect((await world.get(`/switch?page=__proto__&district=${districtId(2)}`)).status).toBe(404)
  })

  test("is sent where the app says, and let in nowhere when the app fails", async () => {
    const world = new ConsoleWorld("memory", {
      authorize: (request) => {
        if (request.headers.has("x-visitor")) throw new Error("the session store is away")
        return new Response("<style></style>", { status: 302, headers: { location: "/login" } })
      },
    })
    const sent = await world.get("/partners", null)
    expect([sent.status, sent.headers.get("location")]).toEqual([302, "/login"])
    // It may well be a page that is not made as the console's are.
    expect(sent.headers.get("content-security-policy")).toBeNull()
    expect((await world.get("/partners")).status).toBe(403)
    expect(world.errors500).toHaveLength(1)
  })
})

test("what the app calls people and districts is escaped wherever it stands", async () => {
  const world = new ConsoleWorld()
  await world.connections.request(districtId(1), { mode: "sso", name: hostile, by: hostile })
  for (const path of ["/partners", `/districts/${districtId(1)}`]) {
    const page = await world.text(path, { ...admin, actor: hostile.replace(/[^ -~]/gu, "") })
    expect(page).not.toContain("<script>alert")
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;")
  }
})

test("a page is in the language that the app gives", async () => {
  const text = { ...english, language: "de", sections: { ...english.sections, people: "Personen" } }
  const page = await new ConsoleWorld("memory", { text }).text("/partners")
  expect(page).toContain('<html lang="de" dir="ltr">')
  expect(page).toContain(">Personen</a>")
})

test("addresses work with a slash at their end, with their prefix taken off, and at the root", async () => {
  const world = new ConsoleWorld()
  expect((await world.get("/partners/")).status).toBe(200)
  expect((await world.get("")).headers.get("location")).toBe("/exchange/partners")
  const headers = { "x-visitor": JSON.stringify(admin) }
  expect((await world.console.fetch(new Request(`${origin}/partners`, { headers }))).status).toBe(200)
  const root = world.anotherConsole({ basePath: "/" })
  const answer = await root.fetch(new Request(`${origin}/`, { headers }))
  expect(answer.headers.get("location")).toBe("/partners")
})

test("a storage that fails makes a page without a reason in it, and the app is told", async () => {
  const world = new ConsoleWorld()
  const connections = {
    async *list() {
      yield* []
      throw new Error("password=secret")
    },
  }
  const broken = world.anotherConsole({ connections: connections as never })
  const answer = await broken.fetch(
    new Request(`${origin}/exchange/partners`, { headers: { "x-visitor": JSON.stringify(admin) } }),
  )
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain("secret")
  expect(world.errors500.length).toBeGreaterThan(0)
})

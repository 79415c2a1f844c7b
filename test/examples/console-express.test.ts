import { beforeAll, expect, onTestFinished, test, vi } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { WebBrowser } from "../sso/support/web-browser.ts"
import { freePort } from "../support/free-port.ts"
import { temporaryFolder } from "../support/roster-world.ts"
import { startCommand } from "./example-process.ts"
import { openClever } from "./login-app.ts"

beforeAll(() => expect(buildIfStale()).toBe(true), 120_000)

test("examples/console-express: staff ask, an administrator approves, and what they start is imported", {
  timeout: 60_000,
}, async () => {
  const { simulator, environment } = await openClever({ users: 40 })
  const port = await freePort()
  const path = `${temporaryFolder()}/console.db`
  const storage = new SqliteStorage({ path })
  onTestFinished(() => storage.close())
  const app = startCommand({
    command: "npm start -- console-express",
    environment: { ...environment, PORT: String(port), ROSTER_FILE: path },
  })
  await app.printed(/^Open \S+ and sign in as ada, an administrator, or as bob\.$/m)
  const origin = `http://localhost:${port}`
  const partners = "/data-exchange/partners"
  const signedIn = async (id: string): Promise<WebBrowser> => {
    const browser = new WebBrowser()
    const arrived = await browser.open(`${origin}/staff`, { method: "POST", form: { id } })
    expect(arrived.status).toBe(200)
    return browser
  }
  const send = async (browser: WebBrowser, page: string, action: string, fields = {}) => {
    const { body } = await browser.request(`${origin}${page}`)
    const [, csrf = ""] = /name="csrf" value="([^"]+)"/.exec(body) ?? []
    return browser.request(`${origin}${action}`, {
      method: "POST",
      headers: { origin },
      form: { csrf, ...fields },
    })
  }
  expect((await new WebBrowser().request(`${origin}${partners}`)).status).toBe(403)

  const [ada, bob] = [await signedIn("ada"), await signedIn("bob")]
  await send(bob, partners, `${partners}/requests`, { mode: "sso+provisioning" })
  const { body: listed } = await ada.request(`${origin}${partners}`)
  const [request = ""] = /\/data-exchange\/partners\/requests\/\w+/.exec(listed) ?? []
  expect((await send(bob, request, `${request}/approve`)).status).toBe(403)
  await send(ada, request, `${request}/approve`)
  const district = `/data-exchange/districts/${simulator.districts[0]?.id}`
  const saved = await send(bob, request, request, { districtId: environment.DISTRICT_ID })
  expect(saved.location?.pathname).toBe(district)

  expect((await send(bob, `${district}/import`, `${district}/import`, { mode: "bulk" })).status).toBe(303)
  await storage.open()
  const last = async () => (await storage.listRuns({ limit: 1 }))[0]
  await vi.waitUntil(async () => (await last())?.state === "applied", { timeout: 20_000 })
  expect(await last()).toMatchObject({ startedBy: "bob", counts: { user: { created: 40 } } })
  await app.stop()
})

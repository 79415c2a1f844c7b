import { request } from "node:http"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { makeDatabase, postgresServer } from "../support/postgres.ts"
import {
  type Environment,
  environmentOf,
  homeroom,
  makeFolder,
  type Running,
  startHomeroom,
  until,
} from "./support.ts"

const folder = makeFolder()
const server = await postgresServer()
let simulator: Simulator
let environment: Record<string, string>

beforeAll(async () => {
  simulator = await startSimulator({ users: 60, schools: 1, seed: 3 })
  environment = environmentOf(simulator, `sqlite:${folder.path("homeroom.db")}`)
})

afterAll(async () => {
  await simulator.close()
  folder.remove()
  if (typeof server !== "string") await server.stop()
})

interface Opened {
  readonly running: Running
  readonly url: string
  readonly origin: string
  /** What the browser sends once the printed address was opened. */
  readonly cookie: string
}

async function openConsole(environment: Environment, options: readonly string[] = []): Promise<Opened> {
  const running = startHomeroom(["console", "--json", ...options], environment)
  onTestFinished(() => void running.process.kill("SIGKILL"))
  await until(() => running.stdout.includes("\n"), "the console to begin")
  const { url } = JSON.parse(running.stdout) as { url: string }
  const first = await fetch(url, { redirect: "manual" })
  expect([first.status, first.headers.get("location")]).toEqual([303, "/"])
  const [cookie = ""] = (first.headers.get("set-cookie") ?? "").split(";")
  return { running, url, origin: new URL(url).origin, cookie }
}

/** What is answered to a host of any name, which `fetch` would not send. */
function statusFor(origin: string, host: string, cookie: string): Promise<number | undefined> {
  const { port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const headers = { host, cookie }
    request({ host: "127.0.0.1", port, path: "/partners", headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on("error", reject)
      .end()
  })
}

async function importsWhatIsAsked(environment: Record<string, string>): Promise<void> {
  const districtId = simulator.districts[0]!.id
  expect((await homeroom(["connect", "--district", districtId], environment)).code).toBe(0)
  const { running, origin, cookie } = await openConsole(environment)
  const path = `${origin}/districts/${districtId}/import`
  const page = await (await fetch(path, { headers: { cookie } })).text()
  const [, csrf = ""] = /name="csrf" value="([^"]+)"/.exec(page) ?? []
  const sent = await fetch(path, {
    method: "POST",
    redirect: "manual",
    headers: { cookie, origin },
    body: new URLSearchParams({ csrf, mode: "bulk" }),
  })
  expect(sent.status).toBe(303)
  const text = async () => (await fetch(path, { headers: { cookie } })).text()
  const giveUpAt = Date.now() + 20_000
  while (!(await text()).includes(">Applied</span>")) expect(Date.now()).toBeLessThan(giveUpAt)
  expect(await text()).toContain("Bulk, started by cli")
  running.process.kill("SIGTERM")
  expect(await running.ended).toMatchObject({ code: 0, stderr: "" })
}

describe("imports what is asked for on its pages, and ends with 0 when it is stopped", () => {
  test("with SQLite", { timeout: 60_000 }, () => importsWhatIsAsked(environment))

  test.runIf(typeof server !== "string")("with PostgreSQL", { timeout: 60_000 }, async () => {
    if (typeof server === "string") return
    const database = await makeDatabase(server)
    onTestFinished(() => database.drop())
    await importsWhatIsAsked(environmentOf(simulator, database.url))
  })
})

test("lets in whoever has the printed address alone, and answers to no name but this machine's", async () => {
  const { origin, url, cookie } = await openConsole(environment)
  const { port, searchParams } = new URL(url)
  const statusOf = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${origin}${path}`, { headers, redirect: "manual" })).status
  expect(await statusOf("/partners", { cookie })).toBe(200)
  expect(await statusOf("/partners")).toBe(403)
  expect(await statusOf("/?token=guessed")).toBe(403)
  // The token itself is no cookie, and the cookie no token.
  const [name = "", session = ""] = cookie.split("=")
  expect(await statusOf("/partners", { cookie: `${name}=${searchParams.get("token")}` })).toBe(403)
  expect(await statusOf(`/?token=${session}`)).toBe(403)
  expect(await statusFor(origin, `127.0.0.1:${port}`, cookie)).toBe(200)
  expect(await statusFor(origin, `localhost:${port}`, cookie)).toBe(200)
  for (const host of [`rebound.example:${port}`, "127.0.0.1", `127.0.0.1.evil.example:${port}`]) {
    expect(await statusFor(origin, host, cookie)).toBe(421)
  }
})

test("without credentials shows what is stored, and says so", async () => {
  const { CLEVER_CLIENT_ID: _, CLEVER_CLIENT_SECRET: __, ...bare } = environment
  const { running, origin, cookie } = await openConsole(bare)
  expect(running.stderr).toContain("There are no Clever credentials")
  expect((await fetch(`${origin}/partners`, { headers: { cookie } })).status).toBe(200)
})

test("prints an address that people can open, and refuses a port that is taken, or none", async () => {
  const { port } = new URL(simulator.apiUrl)
  const taken = await homeroom(["console", "--port", port], environment)
  expect(taken).toMatchObject({ code: 2, stdout: "" })
  expect(taken.stderr).toContain(`Port ${port} of --port is in use`)
  expect((await homeroom(["console", "--port", "none"], environment)).code).toBe(2)
  const running = startHomeroom(["console", "--no-worker"], environment)
  onTestFinished(() => void running.process.kill("SIGKILL"))
  await until(() => /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n/.test(running.stdout), "the address")
  running.process.kill("SIGINT")
  expect((await running.ended).code).toBe(0)
})

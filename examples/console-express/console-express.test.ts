import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { CleverClient } from "homeroom"
import { MemoryStorage } from "homeroom/memory"
import { startSimulator } from "homeroom/simulator"
import { expect, onTestFinished, test, vi } from "vitest"
import { openApp } from "./console-express.ts"

test("staff ask for an integration, an administrator approves it, and what they start is imported", async () => {
  const simulator = await startSimulator({ users: 40, schools: 1, seed: 1 })
  const { apiUrl, authUrl, clientId, clientSecret } = simulator
  const storage = new MemoryStorage()
  const { app, close } = await openApp({
    storage,
    clever: new CleverClient({ clientId, clientSecret, apiUrl, authUrl }),
    staffOf: (req) => {
      const id = req.get("x-staff")
      return id === undefined ? null : { id, isAdministrator: id === "ada" }
    },
  })
  const server = createServer(app).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  onTestFinished(async () => {
    await close()
    server.closeAllConnections()
    server.close()
    await simulator.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = (path: string, staff: string) => fetch(`${origin}${path}`, { headers: { "x-staff": staff } })
  const send = async (page: string, action: string, staff: string, fields: Record<string, string> = {}) => {
    const text = await (await open(page, staff)).text()
    const [, csrf = ""] = /name="csrf" value="([^"]+)"/.exec(text) ?? []
    const headers = { "x-staff": staff, origin }
    const body = new URLSearchParams({ csrf, ...fields })
    return fetch(`${origin}${action}`, { method: "POST", redirect: "manual", headers, body })
  }
  const partners = "/data-exchange/partners"
  expect((await fetch(`${origin}${partners}`)).status).toBe(403)

  await send(partners, `${partners}/requests`, "bob", { mode: "sso+provisioning" })
  const [request = ""] =
    /\/data-exchange\/partners\/requests\/\w+/.exec(await (await open(partners, "ada")).text()) ?? []
  expect((await send(request, `${request}/approve`, "bob")).status).toBe(403)
  await send(request, `${request}/approve`, "ada")
  const districtId = simulator.districts[0]?.id ?? ""
  const saved = await send(request, request, "bob", { districtId })
  expect(saved.headers.get("location")).toBe(`/data-exchange/districts/${districtId}`)

  const importPage = `/data-exchange/districts/${districtId}/import`
  expect((await send(importPage, importPage, "bob", { mode: "bulk" })).status).toBe(303)
  const last = async () => (await storage.listRuns({ limit: 1 }))[0]
  await vi.waitUntil(async () => (await last())?.state === "applied", { timeout: 20_000 })
  expect(await last()).toMatchObject({ startedBy: "bob", counts: { user: { created: 40 } } })
})

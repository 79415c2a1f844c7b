import { expect, test } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { AuditLog, Discovery, ImportHealthBook } from "../../src/exchange/index.ts"
import { ConsoleWorld, type Visitor } from "../support/console-world.ts"
import { districtId } from "../support/exchange-world.ts"
import { storageNames } from "../support/roster-world.ts"

const school: Visitor = { actor: "school-office", can: ["operate"] }
const staff: Visitor = { actor: "staff", can: ["approve"] }
const watcher: Visitor = { actor: "watcher", can: ["view"] }

async function requestPath(world: ConsoleWorld): Promise<string> {
  const page = await world.text("/partners", staff)
  return /\/exchange(\/partners\/requests\/\w+)"/.exec(page)?.[1] ?? ""
}

test.each(storageNames)(
  "request, waiting, approval, Clever District ID, connected: each by whom it is for, on %s",
  async (storage) => {
    const world = new ConsoleWorld(storage)
    expect(await world.text("/partners", school)).toContain("No district is connected yet")
    const asked = await world.post("/partners/requests", { mode: "sso+provisioning" }, school)
    expect([asked.status, asked.headers.get("location")]).toEqual([303, "/exchange/partners"])
    const waiting = await world.text("/partners", school)
    expect(waiting).toMatch(/<button[^>]* disabled[^>]*>Waiting for Integration<\/button>/)
    const path = await requestPath(world)
    expect(waiting).not.toContain(`${path}/approve`)
    expect(await world.text("/partners", watcher)).not.toContain('method="post"')

    expect((await world.post(`${path}/approve`, {}, school)).status).toBe(403)
    expect((await world.post(`${path}/approve`, {}, staff)).status).toBe(303)
    expect(await world.text("/partners", school)).toContain("Enter the Clever District ID")

    world.clever.failing.set(districtId(1), "CLEVER_DISTRICT_NOT_CONNECTED")
    for (const [entered, problem] of [
      ["", "Enter the Clever District ID."],
      ["<b>no id</b>", "This can&#39;t be a Clever District ID"],
      [districtId(1), "Clever does not know this district"],
    ] as const) {
      const refused = await world.post(path, { districtId: entered }, school)
      const text = await refused.text()
      expect(refused.status).toBe(422)
      expect(text).toContain(problem)
      // Nothing that was entered is lost.
      expect(text).toContain(`value="${entered.replaceAll("<", "&lt;").replaceAll(">", "&gt;")}"`)
      expect(text).toMatch(/aria-invalid="true"/)
    }
    expect(await world.storage.listConnections()).toEqual([])

    const saved = await world.post(path, { districtId: ` ${districtId(2)} ` }, school)
    expect(saved.headers.get("location")).toBe(`/exchange/districts/${districtId(2)}`)
    const told = saved.headers.get("set-cookie")?.split(";")[0] ?? ""
    const page = await world.text(`/districts/${districtId(2)}`, school, { cookie: told })
    expect(page).toContain("Changes saved. The district is connected.")
    expect(page).toContain(">Active</span>")
    expect(await world.text(`/districts/${districtId(2)}`, school)).not.toContain("Changes saved")

    const { entries } = await new AuditLog({ storage: world.storage }).list()
    expect(new Set(entries.map(({ by }) => by))).toEqual(new Set(["school-office", "staff"]))
  },
)

test("a district that was found is approved, connected, paused, resumed, ended and asked for again", async () => {
  const world = new ConsoleWorld()
  const id = districtId(1)
  const path = `/districts/${id}`
  await world.connections.request(id, { mode: "sso+provisioning", name: "Oak Hill", by: "discovery" })
  expect(await world.text("/partners", staff)).toContain("Approve Oak Hill")
  const step = async (name: string, visitor: Visitor) => {
    const answer = await world.post(name === "" ? path : `${path}/${name}`, {}, visitor)
    expect(answer.status).toBe(303)
    return (await world.connections.get(id)).state
  }
  expect(await step("approve", staff)).toBe("approved")
  expect(await step("", school)).toBe("active")
  expect(await step("pause", school)).toBe("paused")
  expect(await step("resume", school)).toBe("active")
  const root: Visitor = { actor: "root", can: ["admin"] }
  expect(await world.text(`${path}/disconnect`, root)).toContain("Disconnect District?")
  expect(await step("disconnect", root)).toBe("disconnected")
  expect(await step("request", school)).toBe("requested")
  expect(await step("decline", staff)).toBe("declined")
  const { steps } = await world.connections.get(id)
  expect(steps.map(({ by }) => by)).toEqual([
    "discovery",
    "staff",
    "school-office",
    "school-office",
    "school-office",
    "root",
    "school-office",
    "staff",
  ])
  const late = await world.post(`${path}/pause`, {}, school)
  expect(late.status).toBe(409)
  expect(await late.text()).toContain("Somebody else has changed the connection meanwhile")
})

test("another mode is for those who approve, and Clever is asked before it is saved", async () => {
  const world = new ConsoleWorld()
  await world.connect(districtId(1))
  const path = `/districts/${districtId(1)}`
  expect((await world.post(path, { mode: "sso" }, school)).status).toBe(403)
  const both: Visitor = { actor: "both", can: ["operate", "approve"] }
  world.clever.failing.set(districtId(1), "CLEVER_UNREACHABLE")
  const refused = await world.post(path, { mode: "sso" }, both)
  expect(refused.status).toBe(422)
  expect(await refused.text()).toMatch(/<option value="sso" selected>/)
  expect((await world.connections.get(districtId(1))).mode).toBe("sso+provisioning")
  world.clever.failing.clear()
  expect((await world.post(path, { mode: "sso" }, both)).status).toBe(303)
  expect((await world.connections.get(districtId(1))).mode).toBe("sso")
})

test("somebody who may see one district alone knows of nobody else's requests, and connects no other district", async () => {
  const world = new ConsoleWorld()
  const limited: Visitor = { ...school, districts: [districtId(1)] }
  await world.post("/partners/requests", { mode: "sso" }, { ...school, actor: "another" })
  const foreign = await requestPath(world)
  expect(await world.text("/partners", limited)).not.toContain("another")
  expect((await world.get(foreign, limited)).status).toBe(404)
  expect((await world.post(`${foreign}/approve`, {}, { ...limited, can: ["admin"] })).status).toBe(404)

  await world.post("/partners/requests", { mode: "sso" }, limited)
  const page = await world.text("/partners", { ...staff, actor: limited.actor, districts: [] })
  const own = /\/exchange(\/partners\/requests\/\w+)"/.exec(page)?.[1] ?? ""
  await world.post(`${own}/approve`, {}, staff)
  const wrong = await world.post(own, { districtId: districtId(2) }, limited)
  expect(await wrong.text()).toContain("This district is not one of yours")
  expect((await world.post(own, { districtId: districtId(1) }, limited)).status).toBe(303)
  expect((await world.storage.listConnections()).map((one) => one.districtId)).toEqual([districtId(1)])
})

test("a quarantined district says so, with what failed and when it is tried again", async () => {
  const world = new ConsoleWorld()
  await world.connect(districtId(1))
  const health = new ImportHealthBook({ storage: world.storage, clock: world.now })
  const error = new HomeroomError("CLEVER_RATE_LIMITED")
  for (let failures = 0; failures < 3; failures++) {
    await health.noteFailure({ districtId: districtId(1), error, isRetry: false, shift: (ms) => ms })
  }
  const page = await world.text(`/districts/${districtId(1)}`)
  expect(page).toContain("Imports of this district keep failing")
  expect(page).toContain("CLEVER_RATE_LIMITED")
  expect(page).toContain('datetime="2026-03-02T14:')
})

test("the list of districts is paged, with the last and the next sync of each", async () => {
  const world = new ConsoleWorld()
  for (let index = 1; index <= 60; index++) await world.connect(districtId(index))
  const first = await world.text("/partners")
  const [, next = ""] = /href="\/exchange(\/partners\?after=\w+)"/.exec(first) ?? []
  const second = await world.text(next)
  const listed = (page: string) => [...page.matchAll(/<td[^>]*><code>(\w+)<\/code>/g)].map(([, id]) => id)
  expect([...listed(first), ...listed(second)]).toEqual(
    Array.from({ length: 60 }, (_, index) => districtId(index + 1)),
  )
  const choice = await world.text("/import")
  const [, more = ""] = /href="\/exchange(\/import\?after=\w+)"/.exec(choice) ?? []
  expect([...listed(choice), ...listed(await world.text(more))]).toHaveLength(60)
  expect(first).toMatch(/<time datetime="2026-03-03T0\d:/)
})

test("Clever is asked for newly connected districts when somebody wants it", async () => {
  const world = new ConsoleWorld()
  const { storage, connections, clever, now: clock } = world
  const clients = Object.assign(clever, {
    async *districtTokens() {
      yield { districtId: districtId(7) }
    },
  })
  const apps = [{ name: "default", clever: clients }]
  const discovery = new Discovery({ storage, connections, apps, clock })
  const withDiscovery = new ConsoleWorld("memory", { storage, connections, discovery })
  expect((await withDiscovery.post("/partners/look", {}, watcher)).status).toBe(403)
  expect((await withDiscovery.post("/partners/look", {}, school)).status).toBe(303)
  expect(await withDiscovery.text("/partners", staff)).toContain(districtId(7))
})

test("where there are several Clever apps each shows its signup address beside its mode", async () => {
  const world = new ConsoleWorld()
  const { Connections } = await import("../../src/exchange/index.ts")
  const apps = [
    { name: "sign-in", mode: "sso", signupUrl: "https://clever.example/a?x=1&y=2", clever: world.clever },
    {
      name: "rostering",
      mode: "sso+provisioning",
      signupUrl: "https://clever.example/b",
      clever: world.clever,
    },
  ] as const
  const connections = new Connections({ storage: world.storage, apps, clock: world.now })
  const page = await new ConsoleWorld("memory", { storage: world.storage, connections }).text("/partners")
  const [sso = "", provisioning = ""] = page.split('<section class="card">').slice(1)
  expect(sso).toContain("https://clever.example/a?x=1&amp;y=2")
  expect(provisioning).toContain("https://clever.example/b")
})

import { expect, test } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { AuditLog, ImportHealthBook } from "../../src/exchange/index.ts"
import { ConsoleWorld, type Visitor } from "../support/console-world.ts"
import { districtId, until } from "../support/exchange-world.ts"
import { storageNames } from "../support/roster-world.ts"

const operator: Visitor = { actor: "office", can: ["operate"] }
const watcher: Visitor = { actor: "watcher", can: ["view"] }
const id = districtId(1)
const path = `/districts/${id}/import`

/** Keeps listings waiting until it is let go. */
function holdListings(world: ConsoleWorld): () => void {
  let go = (): void => {}
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  world.clever.beforeListing = () => held
  return go
}

/** What a stream of events sends, one event after the other. */
async function* eventsOf(answer: Response): AsyncGenerator<{ state: string; texts: Record<string, string> }> {
  let text = ""
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [, data] = /^data: (.*)$/m.exec(text.slice(0, end)) ?? []
      text = text.slice(end + 2)
      if (data !== undefined) yield JSON.parse(data)
    }
  }
}

test.each(storageNames)(
  "Import puts one on the queue in the name of whoever pressed it, and says so, on %s",
  async (storage) => {
    const world = new ConsoleWorld(storage)
    await world.connect(id)
    expect(await world.text(path, operator)).toContain("This district was never imported")
    const answer = await world.post(path, { mode: "bulk" }, operator)
    expect([answer.status, answer.headers.get("location")]).toEqual([303, `/exchange${path}`])
    const told = answer.headers.get("set-cookie")?.split(";")[0] ?? ""
    const page = await world.text(path, operator, { cookie: told })
    expect(page).toContain(
      '<div class="banner success" role="status">\n<p>Success. Clever Sync scheduled successfully.</p>',
    )
    expect(page).toContain("Bulk, asked for by office.")
    // It is there as well when the page is drawn anew because the import begins, and once more when it has ended.
    expect((await world.get(path, operator, { cookie: told })).headers.get("set-cookie")).toBeNull()
    expect(await world.queue.list()).toMatchObject([{ districtId: id, mode: "bulk", requestedBy: "office" }])
    const { entries } = await new AuditLog({ storage: world.storage }).list({ districtId: id })
    expect(entries[0]).toMatchObject({ action: "import-requested", by: "office" })

    const again = await world.post(path, { mode: "delta" }, operator)
    expect(again.headers.get("set-cookie")).toContain("import-waits-already")
    await world.work()
    await world.settle()
    const ended = await world.get(path, operator, { cookie: told })
    expect(ended.headers.get("set-cookie")).toContain("homeroom_told=; Max-Age=0")
    expect(await ended.text()).toContain("1 created, 0 updated, 0 archived")
  },
)

test("a waiting import can be taken off the queue; one that nobody takes for a minute says what to look at", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  await world.post(path, { mode: "delta" }, operator)
  expect(await world.text(path, operator)).not.toContain("import worker runs")
  world.nowMs += 61_000
  expect(await world.text(path, operator)).toContain("import worker runs")
  expect(await world.text(path, watcher)).not.toContain("Take it off the queue")
  await world.post(`${path}/cancel`, {}, operator)
  expect(await world.queue.list()).toEqual([])
  const late = await world.post(`${path}/cancel`, {}, operator)
  expect(late.headers.get("set-cookie")).toContain("import-already-running")
})

test("one that is off the queue and no run yet is shown as being at work, and watched until it is one", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  const { job } = await world.imports.schedule({ districtId: id, by: "office" })
  let done = (): void => {}
  const work = await world.queue.work(() => new Promise<void>((resolve) => (done = resolve)))
  await until(async () => (await world.imports.running()).length > 0)
  const page = await world.text(path, watcher)
  expect(page).toContain("The import is at work.")
  expect(page).toContain(`data-state="running ${job.id}"`)
  expect(page).not.toContain("Take it off the queue")
  done()
  await world.settle()
  await work.stop()
  expect(await world.text(path, watcher)).not.toContain("data-events")
})

test("the progress of an import of another process is shown and sent until it ends", async () => {
  const world = new ConsoleWorld("sqlite")
  await world.connect(id)
  const go = holdListings(world)
  // Another process has it: this one only reads the same file.
  const away = world.anotherRoster(world.openStorage())
  const importing = away.sync({ districtId: id, mode: "bulk", by: "night" })
  await until(async () => (await world.text(path, watcher)).includes("An import is running"))
  const page = await world.text(path, watcher)
  expect(page).toContain("Started by night")
  expect(page).toContain('<noscript><meta http-equiv="refresh" content="5"></noscript>')
  const [, mark] = /data-state="([^"]+)"/.exec(page) ?? []

  const answer = await world.get(`${path}/events`, watcher)
  expect(answer.headers.get("content-type")).toContain("text/event-stream")
  const events = eventsOf(answer)
  const first = (await events.next()).value
  expect(first).toMatchObject({ state: mark, texts: { stage: expect.stringContaining("Reading") } })
  go()
  await importing
  const next = events.next()
  world.timers.beat()
  expect((await next).value).toMatchObject({ state: "idle" })
  await events.return(undefined)
})

test.each(storageNames)(
  "one that runs is cancelled after a page has said what that does, on %s",
  async (storage) => {
    const world = new ConsoleWorld(storage)
    await world.connect(id)
    const go = holdListings(world)
    const importing = world.roster.sync({ districtId: id, mode: "bulk", by: "night" })
    await until(async () => (await world.text(path, operator)).includes("An import is running"))
    const [run] = await world.storage.listRuns({ limit: 1 })
    const details = `/districts/${id}/history/${run?.id}`
    expect(await world.text(path, watcher)).not.toContain(`${details}/cancel`)
    expect(await world.text(path, operator)).toContain(`href="/exchange${details}/cancel"`)
    const asked = await world.text(`${details}/cancel`, operator)
    expect(asked).toContain("Nothing of the roster is changed.")
    expect((await world.storage.listRuns({ limit: 1 }))[0]?.state).toBe("fetching")

    const answer = await world.post(`${details}/cancel`, { why: "Wrong district" }, operator)
    expect([answer.status, answer.headers.get("location")]).toEqual([303, `/exchange${path}`])
    expect(answer.headers.get("set-cookie")).toContain("run-cancelled")
    go()
    expect(await importing).toMatchObject({ state: "cancelled" })
    const page = await world.text(details, watcher)
    expect(page).toContain("Cancelled by office")
    expect(page).toContain("Wrong district")
    const { entries } = await new AuditLog({ storage: world.storage }).list({ districtId: id })
    expect(entries[0]).toMatchObject({ action: "run-cancelled", by: "office", details: { runId: run?.id } })
    expect((await world.post(`${details}/cancel`, {}, operator)).status).toBe(409)
  },
)

test("while one runs, another one asked for waits for it, and the page says both", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  const go = holdListings(world)
  await world.work()
  await world.post(path, { mode: "bulk" }, operator)
  await until(async () => (await world.text(path, operator)).includes("An import is running"))
  const second = await world.post(path, { mode: "bulk" }, operator)
  expect(second.headers.get("set-cookie")).toContain("import-scheduled")
  expect(await world.text(path, operator)).toContain("Another import asked for now begins after this one")
  go()
  await world.settle()
  expect(await world.storage.listRuns({ limit: 9 })).toHaveLength(2)
})

test("Preview goes on while somebody looks elsewhere, is shown, and ends at its details", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  const go = holdListings(world)
  const answer = world.post(`${path}/preview`, { mode: "bulk" }, operator)
  await until(async () => (await world.text(path, operator)).includes("A preview is running"))
  go()
  const location = (await answer).headers.get("location") ?? ""
  const [, runId = ""] = /watch=([\w-]+)$/.exec(location) ?? []
  await until(async () => (await world.roster.run(runId)).state === "planned")
  const done = await world.get(location.replace("/exchange", ""), operator)
  expect(done.headers.get("location")).toBe(`/exchange/districts/${id}/history/${runId}`)
  expect(await world.roster.run(runId)).toMatchObject({ purpose: "plan", startedBy: "office" })
  expect((await world.storage.getDistrict(id)).version).toBe(0)
})

test("what is in the way stands on the page, with what was chosen", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  world.clever.failing.set(id, "CLEVER_RATE_LIMITED")
  const failed = await world.post(`${path}/preview`, { mode: "bulk" }, operator)
  expect(failed.status).toBe(503)
  expect(await failed.text()).toMatch(/value="bulk" checked/)
  world.clever.failing.clear()

  await world.connections.pause(id, { by: "cli" })
  const paused = await world.post(path, { mode: "bulk" }, operator)
  expect(paused.status).toBe(409)
  expect(await paused.text()).toContain("Resume or activate it under Partners first")
  expect((await world.post(path, { mode: "everything" }, operator)).status).toBe(400)

  await world.connections.connect(id, { mode: "sso", by: "cli" })
  expect(await world.text(path, operator)).toContain("It is connected for sign-in alone")
  expect((await world.post(path, { mode: "bulk" }, operator)).status).toBe(409)
  expect(await world.queue.list()).toEqual([])
})

test("an import that somebody starts ends a quarantine", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  const health = new ImportHealthBook({ storage: world.storage, clock: world.now })
  const error = new HomeroomError("CLEVER_RATE_LIMITED")
  for (let failures = 0; failures < 3; failures++) {
    await health.noteFailure({ districtId: id, error, isRetry: false, shift: (ms) => ms })
  }
  await world.post(path, { mode: "bulk" }, operator)
  expect((await health.get(id)).quarantine).toBeNull()
})

test("a stream of events ends with the console, and with who watches it", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  const another = world.anotherConsole()
  const request = () =>
    new Request(`https://app.example/exchange${path}/events`, {
      headers: { "x-visitor": JSON.stringify(watcher) },
    })
  const closed = eventsOf(await another.fetch(request()))
  expect((await closed.next()).value?.state).toBe("idle")
  await another.close()
  expect((await closed.next()).done).toBe(true)

  const onlyAsked = new Request(request(), { method: "HEAD" })
  expect((await world.console.fetch(onlyAsked)).headers.get("content-type")).toContain("text/event-stream")
  const reader = (await world.console.fetch(request())).body?.getReader()
  await reader?.read()
  await reader?.cancel()
  // Nothing is left that would look again.
  world.timers.beat()
  expect(world.errors500).toEqual([])
})

test("a preview ends with the console, at its next safe point, and the next one goes on with it", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  const go = holdListings(world)
  const answer = world.post(`${path}/preview`, { mode: "bulk" }, operator)
  await until(async () => (await world.text(path, operator)).includes("A preview is running"))
  const closed = world.console.close()
  go()
  await closed
  expect((await answer).status).toBe(303)
  const runs = await world.storage.listRuns({ limit: 9 })
  expect(runs).toMatchObject([{ state: "interrupted", purpose: "plan" }])
  const plan = await world.roster.plan({ districtId: id, mode: "bulk" })
  expect(plan).toMatchObject({ id: runs[0]?.id, state: "planned" })
})

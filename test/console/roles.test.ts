import { describe, expect, test } from "vitest"
import type { ConsoleRole } from "../../src/console/index.ts"
import { routes } from "../../src/console/pages/index.ts"
import { ConsoleWorld } from "../support/console-world.ts"
import { districtId } from "../support/exchange-world.ts"

/** Every address of the console and what it takes: a page that is not in here fails the first test. */
const table: Readonly<Record<string, ConsoleRole>> = {
  "GET /": "view",
  "GET /switch": "view",
  "GET /import": "view",
  "GET /schedule": "view",
  "GET /review": "view",
  "GET /people": "view",
  "GET /partners": "view",
  "POST /partners/look": "operate",
  "POST /partners/requests": "operate",
  "GET /partners/requests/:requestId": "view",
  "POST /partners/requests/:requestId": "operate",
  "POST /partners/requests/:requestId/approve": "approve",
  "POST /partners/requests/:requestId/decline": "approve",
  "GET /districts/:districtId": "view",
  "POST /districts/:districtId": "operate",
  "GET /districts/:districtId/disconnect": "admin",
  "POST /districts/:districtId/request": "operate",
  "POST /districts/:districtId/approve": "approve",
  "POST /districts/:districtId/decline": "approve",
  "POST /districts/:districtId/pause": "operate",
  "POST /districts/:districtId/resume": "operate",
  "POST /districts/:districtId/disconnect": "admin",
  "GET /districts/:districtId/import": "view",
  "POST /districts/:districtId/import": "operate",
  "POST /districts/:districtId/import/preview": "operate",
  "POST /districts/:districtId/import/cancel": "operate",
  "GET /districts/:districtId/import/events": "view",
  "GET /districts/:districtId/schedule": "view",
  "POST /districts/:districtId/schedule": "operate",
  "POST /districts/:districtId/schedule/reset": "operate",
  "POST /districts/:districtId/schedule/guards": "admin",
  "GET /history": "view",
  "GET /districts/:districtId/history": "view",
  "GET /districts/:districtId/history/:runId": "view",
  "GET /districts/:districtId/history/:runId/rejected": "view",
  "GET /districts/:districtId/history/:runId/changes.csv": "view",
  "POST /districts/:districtId/history/:runId/search": "view",
  "POST /districts/:districtId/history/:runId/approve": "approve",
  "POST /districts/:districtId/history/:runId/discard": "approve",
  "GET /districts/:districtId/history/:runId/undo": "approve",
  "POST /districts/:districtId/history/:runId/undo": "approve",
  "GET /districts/:districtId/history/:runId/cancel": "operate",
  "POST /districts/:districtId/history/:runId/cancel": "operate",
  "GET /districts/:districtId/review": "view",
  "POST /districts/:districtId/review": "approve",
  "GET /districts/:districtId/people": "view",
  "POST /districts/:districtId/people": "view",
  "GET /districts/:districtId/people/:personId": "view",
}

const roles: readonly ConsoleRole[] = ["view", "operate", "approve", "admin"]

test("every address of the console stands in the table of roles, and every one of the table exists", () => {
  const listed = routes.map(({ method, path, role }) => [`${method} ${path}`, role])
  expect(Object.fromEntries(listed)).toEqual(table)
  expect(listed).toHaveLength(Object.keys(table).length)
})

describe.each(Object.entries(table))("%s takes %s", (address, needed) => {
  test.each(roles)("asked with %s alone", async (role) => {
    const world = new ConsoleWorld()
    await world.connect(districtId(1))
    const [method, pattern = ""] = address.split(" ")
    const path = pattern.replace(":districtId", districtId(1)).replace(/:\w+/g, "none")
    const visitor = { actor: "somebody", can: [role] }
    const answer = method === "GET" ? await world.get(path, visitor) : await world.post(path, {}, visitor)
    const isAllowed = role === "admin" || role === needed || needed === "view"
    const text = await beginningOf(answer)
    expect(text.includes("CONSOLE_NOT_ALLOWED")).toBe(!isAllowed)
    if (!isAllowed) expect(answer.status).toBe(403)
    expect(world.errors500).toEqual([])
  })

  test("is closed to whom the app does not let in, and to whom it gives no right", async () => {
    const world = new ConsoleWorld()
    await world.connect(districtId(1))
    const [method, pattern = ""] = address.split(" ")
    const path = pattern.replace(":districtId", districtId(1)).replace(/:\w+/g, "none")
    const csrf = await world.csrfToken({ actor: "nobody", can: [] })
    for (const visitor of [null, { actor: "nobody", can: [] }]) {
      const answer =
        method === "GET" ? await world.get(path, visitor) : await world.postAsIs(path, { csrf }, visitor)
      expect(answer.status).toBe(403)
      expect(await answer.text()).toContain("You are not signed in")
    }
  })
})

/** A page, or the first that a stream sends, which would go on. */
async function beginningOf(answer: Response): Promise<string> {
  if (answer.headers.get("content-type")?.startsWith("text/event-stream") !== true) return answer.text()
  const reader = answer.body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  await reader?.cancel()
  return Buffer.from(value ?? []).toString()
}

import { expect, test } from "vitest"
import { AuditLog } from "../../src/exchange/index.ts"
import { ConsoleWorld, type Visitor } from "../support/console-world.ts"
import { districtId } from "../support/exchange-world.ts"
import { storageNames } from "../support/roster-world.ts"

const operator: Visitor = { actor: "office", can: ["operate"] }
const root: Visitor = { actor: "root", can: ["admin"] }
const id = districtId(1)
const path = `/districts/${id}/schedule`

/** What the browser would send if nothing was entered: the fields of one of the page's forms, as they are. */
async function fieldsOf(
  world: ConsoleWorld,
  action: string,
  visitor: Visitor = root,
): Promise<Record<string, string>> {
  const page = await world.text(path, visitor)
  const form = page.split("<form ").find((part) => part.includes(`action="/exchange${action}"`)) ?? ""
  const fields: Record<string, string> = {}
  for (const [tag, name = ""] of form.matchAll(/<(?:input|textarea)[^>]* name="([\w-]+)"[^>]*>/g)) {
    const isOff = tag.includes('type="checkbox"') && !tag.includes(" checked")
    if (name !== "csrf" && !isOff) fields[name] = plain(/ value="([^"]*)"/.exec(tag)?.[1] ?? "")
  }
  for (const [, name = "", value = ""] of form.matchAll(/<textarea[^>]* name="(\w+)"[^>]*>([^<]*)</g)) {
    fields[name] = plain(value)
  }
  for (const [, name = "", choices = ""] of form.matchAll(
    /<select[^>]* name="([\w-]+)"[^>]*>(.*?)<\/select>/gs,
  )) {
    fields[name] = /<option value="([^"]*)" selected/.exec(choices)?.[1] ?? ""
  }
  return fields
}

function plain(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&")
}

const settingsOf = async (world: ConsoleWorld) => (await world.connections.get(id)).settings

test.each([
  [{ preset: "daily", time: "03:30" }, { cron: "30 3 * * *" }, "Every day at 03:30 (America/New_York)"],
  [
    { preset: "weekdays", time: "23:05", timeZone: "America/Chicago" },
    { cron: "5 23 * * 1,2,3,4,5", timeZone: "America/Chicago" },
    "Monday to Friday at 23:05 (America/Chicago)",
  ],
  [{ preset: "twice", time: "14:00" }, { cron: "0 2,14 * * *" }, "Every day at 02:00 and 14:00"],
  [
    { preset: "custom", cron: "0 4 * * MON,WED", jitterMinutes: "0", atLeastDaily: "" },
    { cron: "0 4 * * MON,WED", jitterMinutes: 0, atLeastDaily: false },
    "On Monday and Wednesday at 04:00",
  ],
  [{ preset: "custom", cron: "0 4 1 * *" }, { cron: "0 4 1 * *" }, "By the expression 0 4 1 * *"],
  [
    { blackout: "2026-12-24 to 2027-01-01\r\n2026-11-26, 2026-11-27\n" },
    { blackout: [{ from: "2026-12-24", to: "2027-01-01" }, "2026-11-26", "2026-11-27"] },
    "Every day at 22:00",
  ],
  [{ bulkEveryDays: "0" }, { bulkEveryDays: 0 }, "Every day at 22:00"],
])("%j is saved as %j and said in words", async (entered, schedule, words) => {
  const world = new ConsoleWorld()
  await world.connect(id)
  const answer = await world.post(path, { ...(await fieldsOf(world, path)), ...entered }, operator)
  expect(answer.status).toBe(303)
  expect(await settingsOf(world)).toEqual({ schedule })
  expect(await world.text(path, operator)).toContain(words)
  // What is shown then is what is saved: to save it again changes nothing.
  expect((await world.post(path, await fieldsOf(world, path), operator)).status).toBe(303)
  expect(await settingsOf(world)).toEqual({ schedule })
  const { entries } = await new AuditLog({ storage: world.storage }).list({ districtId: id, limit: 1 })
  expect(entries[0]).toMatchObject({ action: "settings-changed", by: "office" })
})

test("what can't be used stands beside its field, and nothing of what was entered is lost", async () => {
  const world = new ConsoleWorld()
  await world.connect(id)
  const fields = await fieldsOf(world, path)
  for (const [entered, problem, value] of [
    [{ preset: "custom", cron: "61 * * * *" }, "The schedule&#39;s cron can&#39;t be used", "61 * * * *"],
    [{ preset: "custom", cron: "0 0 30 2 *" }, "there is no such day", "0 0 30 2 *"],
    [{ timeZone: "Mars/Base" }, "is no IANA time zone", "Mars/Base"],
    [{ jitterMinutes: "many" }, "Enter a number.", "many"],
    [{ jitterMinutes: "900" }, "it must be a whole number from 0 to 720", "900"],
    [{ blackout: "Christmas" }, "is no date", ">Christmas<"],
    [{ preset: "daily", time: "soon" }, "Enter a time as 03:30.", "soon"],
  ] as const) {
    const answer = await world.post(path, { ...fields, ...entered }, operator)
    const page = await answer.text()
    expect(answer.status).toBe(422)
    expect(page).toContain(problem)
    expect(page).not.toContain("that the message names")
    expect(page).toContain(value)
    expect(page).toMatch(/aria-invalid="true"/)
  }
  expect(await settingsOf(world)).toEqual({})
})

test.each(storageNames)(
  "of two who change a schedule the second looks again; other settings stay, on %s",
  async (storage) => {
    const world = new ConsoleWorld(storage)
    await world.connect(id, { guards: { archivedShare: 0.2 } })
    const stale = await fieldsOf(world, path)
    const first = { ...stale, preset: "daily", time: "01:00" }
    expect((await world.post(path, first, operator)).status).toBe(303)
    const second = await world.post(path, { ...stale, preset: "daily", time: "02:00" }, operator)
    expect(second.status).toBe(422)
    const page = await second.text()
    expect(page).toContain("Somebody else has changed this meanwhile")
    expect(page).toContain("Every day at 01:00")
    expect(page).toContain('value="02:00"')
    expect(await settingsOf(world)).toEqual({
      guards: { archivedShare: 0.2 },
      schedule: { cron: "0 1 * * *" },
    })
    const fields = await fieldsOf(world, `${path}/reset`)
    expect((await world.post(`${path}/reset`, fields, operator)).status).toBe(303)
    expect(await settingsOf(world)).toEqual({ guards: { archivedShare: 0.2 } })
  },
)

test("thresholds and the change of school year are an administrator's, and everybody's to read", async () => {
  const world = new ConsoleWorld()
  const kinds = { section: { mayEmpty: true } }
  await world.connect(id, { guards: { kinds } })
  const guards = `${path}/guards`
  const fields = await fieldsOf(world, guards)
  const readable = await world.text(path, operator)
  expect(readable).toContain("Only an administrator changes these.")
  expect(readable).toMatch(/Archived at most \(%\)<\/dt><dd>10%/)
  const entered = {
    ...fields,
    archivedShare: "7,5 %",
    atLeast: "50",
    maySchoolsGo: "yes",
    onHold: "risky-only",
    "rollover-from": "2026-07-01",
    "rollover-to": "2026-08-31",
    "rollover-archivedShare": "60",
  }
  expect((await world.post(guards, entered, operator)).status).toBe(403)
  expect((await world.post(guards, entered, root)).status).toBe(303)
  const saved = {
    archivedShare: 0.075,
    atLeast: 50,
    maySchoolsGo: true,
    onHold: "risky-only",
    kinds,
    rollover: { from: "2026-07-01", to: "2026-08-31", archivedShare: 0.6 },
  }
  expect((await settingsOf(world)).guards).toEqual(saved)
  expect(await world.roster.thresholds({ districtId: id })).toMatchObject({
    archivedShare: 0.075,
    atLeast: 50,
  })
  // Sent as it is shown, it stays as it is.
  expect((await world.post(guards, await fieldsOf(world, guards), root)).status).toBe(303)
  expect((await settingsOf(world)).guards).toEqual(saved)

  for (const [wrong, problem] of [
    [{ updatedShare: "101" }, "Enter a number from 0 to 100."],
    [{ atLeast: "few" }, "Enter a number."],
    [{ "rollover-to": "" }, "Enter both days, or neither."],
    [{ "rollover-to": "2026-01-01" }, "it lies before the window&#39;s first day"],
  ] as const) {
    const answer = await world.post(guards, { ...(await fieldsOf(world, guards)), ...wrong }, root)
    expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining(problem)])
  }
  expect((await settingsOf(world)).guards).toEqual(saved)
})

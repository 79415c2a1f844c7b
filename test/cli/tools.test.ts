import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { manifest } from "../../scripts/entries.ts"
import { homeroom, linesOf, makeFolder, startHomeroom, until } from "./support.ts"

const folder = makeFolder()
afterAll(() => folder.remove())

test("--version prints the package's version, --help every command", async () => {
  expect(await homeroom(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" })
  const help = await homeroom(["--help"])
  expect(help).toMatchObject({ code: 0, stderr: "" })
  for (const command of ["demo", "simulate", "connect", "import", "history", "show", "export", "doctor"]) {
    expect(help.stdout).toMatch(new RegExp(`^ {2}${command} .*\\w`, "m"))
  }
  expect(help.stdout).toContain("CLEVER_CLIENT_ID")
  const importHelp = await homeroom(["help", "import"])
  expect(importHelp).toMatchObject({ code: 0, stderr: "" })
  expect(importHelp.stdout).toContain("--wait <seconds>")
})

test("demo tells the whole story in a folder of its own and names nobody", async () => {
  const temporary = mkdtempSync(join(tmpdir(), "homeroom-demo-test-"))
  try {
    const { code, stdout, stderr } = await homeroom(["demo", "--users", "300"], { TMPDIR: temporary })
    expect(code).toBe(0)
    expect(linesOf(stderr).every((line) => line.startsWith("homeroom: "))).toBe(true)
    expect(stdout).toMatch(
      /^run +mode +state +kind +created +updated +archived +restored +unchanged +rejected$/m,
    )
    expect(stdout).toMatch(/^\S+ +delta +applied +district/m)
    expect(stdout).toMatch(/^\S+ +bulk +applied +district +1 /m)
    expect(stdout).toMatch(/^ +user +300 +0 +0 +0 +0 +0$/m)
    const [, path = ""] = /HOMEROOM_STORAGE=sqlite:(\S+)/.exec(stdout) ?? []
    expect(path.startsWith(temporary)).toBe(true)
    const [, runId = ""] = /homeroom show (\S+)/.exec(stdout) ?? []
    const shown = await homeroom(["show", runId], { HOMEROOM_STORAGE: `sqlite:${path}` })
    expect(shown).toMatchObject({ code: 0, stderr: "" })
    expect(`${stdout}${stderr}`).not.toMatch(/@|secret|token/i)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
})

test("demo --storage keeps the roster where it is told, and can be run again", async () => {
  const path = folder.path("demo.db")
  const args = ["demo", "--users", "60", "--storage", `sqlite:${path}`]
  expect((await homeroom(args)).code).toBe(0)
  expect(existsSync(path)).toBe(true)
  const again = await homeroom(args)
  expect(again.code).toBe(0)
  const history = await homeroom(["history", "--json"], { HOMEROOM_STORAGE: `sqlite:${path}` })
  expect(JSON.parse(history.stdout)).toHaveLength(4)
})

test("simulate prints all that is needed to use it, and runs until it is told to stop", async () => {
  const running = startHomeroom([
    "simulate",
    "--users",
    "60",
    "--schools",
    "2",
    "--districts",
    "2",
    "--seed",
    "4",
  ])
  await until(() => running.stdout.match(/People to log in as/g)?.length === 2, "both districts")
  const exported = Object.fromEntries(
    [...running.stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
  )
  expect(Object.keys(exported).sort()).toEqual([
    "CLEVER_CLIENT_ID",
    "CLEVER_CLIENT_SECRET",
    "HOMEROOM_CLEVER_API_URL",
    "HOMEROOM_CLEVER_AUTH_URL",
  ])
  await until(
    () => /contact +\w+/.test(running.stdout.split("People to log in as").at(-1) ?? ""),
    "the people",
  )
  for (const role of ["student", "teacher", "contact"]) {
    expect(running.stdout).toMatch(new RegExp(`^ +${role} +[0-9a-f]{24} +\\S+`, "m"))
  }
  expect(running.stdout).toMatch(/^ +Clever Portal: http\S+\/in\/[0-9a-f]{24}$/m)
  expect(running.stdout).toMatch(/^ +Log in as anybody: http\S+\/dashboard\/\S+$/m)
  const [, districtId = ""] = /^District (\S+) \(/m.exec(running.stdout) ?? []
  const [, userName = ""] = /^ +student .* (\S+)$/m.exec(running.stdout) ?? []
  const login = await fetch(`${exported.HOMEROOM_CLEVER_AUTH_URL}/login/${districtId}`, {
    method: "POST",
    body: new URLSearchParams({ username: userName, password: "any" }),
    redirect: "manual",
  })
  expect([login.status, login.headers.get("location")]).toEqual([303, "/portal"])
  const environment = { ...exported, HOMEROOM_STORAGE: `sqlite:${folder.path("simulate.db")}` }
  const connected = await homeroom(["connect", "--district", districtId], environment)
  expect(connected).toMatchObject({ code: 0, stderr: "" })
  running.process.kill("SIGTERM")
  expect(await running.ended).toMatchObject({ code: 0, stderr: "" })
})

test("simulate --json is one line, and --day-every lets days pass", async () => {
  const running = startHomeroom([
    "simulate",
    "--users",
    "60",
    "--schools",
    "1",
    "--day-every",
    "0.2",
    "--redirect-uri",
    "http://localhost:3000/callback",
    "https://app.example/callback",
    "--oidc",
    "--json",
  ])
  await until(() => running.stdout.endsWith("\n"), "the description")
  const { apiUrl, authUrl, clientId, clientSecret, environment, apps, districts } = JSON.parse(running.stdout)
  expect(environment).toEqual({
    HOMEROOM_CLEVER_API_URL: apiUrl,
    HOMEROOM_CLEVER_AUTH_URL: authUrl,
    CLEVER_CLIENT_ID: clientId,
    CLEVER_CLIENT_SECRET: clientSecret,
  })
  expect(apps).toMatchObject([
    { clientId, redirectUris: ["http://localhost:3000/callback", "https://app.example/callback"] },
  ])
  const { id, loginUrl, portalUrl, people } = districts[0]
  expect([loginUrl, portalUrl]).toEqual([`${authUrl}/login/${id}`, `${authUrl}/in/${id}`])
  expect(people[0]).toMatchObject({ role: "student", userName: expect.stringMatching(/./) })
  expect(linesOf(running.stdout)).toHaveLength(1)
  const newest = async (): Promise<string> => {
    const response = await fetch(`${apiUrl}/v3.1/events?ending_before=last&limit=1`, {
      headers: { authorization: `Bearer ${districts[0].token}` },
    })
    const body = (await response.json()) as { data: { data: { id: string } }[] }
    return body.data[0]?.data.id ?? ""
  }
  const first = await newest()
  let now = first
  for (let attempt = 0; attempt < 200 && now === first; attempt++) {
    now = await newest()
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  expect(now).not.toBe(first)
  running.process.kill("SIGINT")
  expect(await running.ended).toMatchObject({ code: 0, stderr: "" })
})

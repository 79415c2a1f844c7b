import { describe, expect, it } from "vitest"
import type { Simulator } from "../../src/simulator/index.ts"
import type { JsonObject } from "../../src/simulator/json.ts"
import { idsIn } from "../../src/simulator/kinds.ts"
import {
  authorizePath,
  browserOf,
  callback,
  element,
  exchange,
  firstApp,
  personWith,
  userToken,
} from "./browser.ts"
import { ask, openSimulator } from "./support.ts"

async function openLibrary(): Promise<{
  simulator: Simulator
  teacher: string
  student: string
  stranger: string
}> {
  const simulator = await openSimulator({
    oddities: false,
    apps: [{ name: "Reader", library: true, oidc: true, redirectUris: [callback] }],
  })
  const [district] = simulator.districts
  const sections = district!.records("section")
  const teacher = String(sections[0]!.teacher)
  const taught = new Set(
    sections.filter((own) => idsIn(own.teachers).includes(teacher)).flatMap((own) => idsIn(own.students)),
  )
  const [student = ""] = taught
  const stranger = district!
    .records("user")
    .find((own) => "student" in (own.roles as object) && !taught.has(String(own.id)))
  return { simulator, teacher, student, stranger: String(stranger?.id) }
}

const reasonOf = (page: { text: string }) => /data-reason="([^"]+)"/.exec(page.text)?.[1]

describe("the Clever Library", () => {
  it("a teacher consents, and the app opens with a code and no state", async () => {
    const { simulator, teacher, student } = await openLibrary()
    const app = firstApp(simulator)
    const browser = browserOf(simulator, teacher)
    const portal = await browser.open("/portal")
    expect(element(portal, `app-${app.clientId}`)).toBe(undefined)
    const consent = await browser.follow(portal, `install-${app.clientId}`)
    expect(element(consent, "title")).toContain("Sign up for Reader with Clever")
    expect([...app.installedBy]).toEqual([])
    const back = await browser.submit(consent, "consent", { consent: "yes" })
    expect([...back.location!.searchParams.keys()]).toEqual(["code", "scope"])
    expect([...app.installedBy]).toEqual([teacher])
    expect(element(await browser.open("/portal"), `app-${app.clientId}`)).toBeDefined()
    const pupil = browserOf(simulator, student)
    expect(element(await pupil.open("/portal"), `app-${app.clientId}`)).toBeDefined()
  })

  it("a teacher who comes from the app's button consents on the way, and state is kept", async () => {
    const { simulator, teacher } = await openLibrary()
    const browser = browserOf(simulator, teacher)
    const consent = await browser.open(authorizePath(firstApp(simulator), { state: "s" }))
    const back = await browser.submit(consent, "consent", { consent: "yes" })
    expect(back.location!.searchParams.get("state")).toBe("s")
  })

  it("is for teachers who have the app and their students, and for nobody else", async () => {
    const { simulator, teacher, student, stranger } = await openLibrary()
    const { signIn } = simulator
    const app = firstApp(simulator)
    const outcome = async (id: string) => {
      const page = await browserOf(simulator, id).open(authorizePath(app))
      return page.status === 302 ? "in" : (reasonOf(page) ?? "consent")
    }
    expect(await outcome(student)).toBe("library-no-teacher")
    signIn.install(teacher, app)
    expect(await outcome(teacher)).toBe("in")
    expect(await outcome(student)).toBe("in")
    expect(await outcome(stranger)).toBe("library-no-teacher")
    for (const role of ["staff", "district_admin", "contact"]) {
      expect(await outcome(personWith(simulator, role))).toBe("library-role")
    }
    app.userTypes = ["teacher"]
    expect(await outcome(student)).toBe("unsupported-user-type")
    app.blockedIn.add(simulator.districts[0]!.id)
    expect(await outcome(teacher)).toBe("library-blocked")
    app.blockedIn.clear()
    signIn.uninstall(teacher, app)
    expect(await outcome(teacher)).toBe("consent")
  })

  it("tells no district, no id_token, and of students no more than first name and initial", async () => {
    const { simulator, teacher, student } = await openLibrary()
    const [district] = simulator.districts
    simulator.signIn.install(teacher, firstApp(simulator))
    for (const id of [teacher, student]) {
      const { code } = simulator.signIn.issueCode(id)
      const { body } = await exchange(simulator, code)
      expect(Object.keys(body)).toEqual(["access_token"])
      const token = String(body.access_token)
      const get = async (path: string) => (await ask(simulator, path, token)).json
      expect(await get("/v3.1/me")).toEqual({
        type: "user",
        data: { id, type: "user", authorized_by: "teacher" },
        links: [
          { rel: "self", uri: "/me" },
          { rel: "canonical", uri: `/v3.1/users/${id}` },
        ],
      })
      const record = district!.record("user", id) as JsonObject & { name: { first: string; last: string } }
      const isStudent = id === student
      const name = isStudent ? { first: record.name.first, last: record.name.last[0] } : record.name
      const info = await get("/userinfo")
      expect(info).toMatchObject({ sub: id, name, schools: [], authorized_by: "teacher" })
      expect(info).not.toHaveProperty("district")
      expect("email" in info).toBe(!isStudent)
      const user = (await get(`/v3.1/users/${id}`)).data as JsonObject
      expect(user).toMatchObject({ id, name, roles: { [isStudent ? "student" : "teacher"]: {} } })
      expect("email" in user).toBe(!isStudent)
      const text = JSON.stringify([info, user])
      expect(text).not.toContain(district!.id)
      if (isStudent) expect(text).not.toContain(record.name.last)
      for (const path of [
        `/v3.1/districts/${district!.id}`,
        "/v3.1/sections",
        `/v3.1/users/${id}/district`,
      ]) {
        expect((await ask(simulator, path, token)).status).toBe(404)
      }
    }
  })

  it("the district's authority goes before a teacher's, and the same app then gets an id_token", async () => {
    const { simulator, teacher } = await openLibrary()
    const app = firstApp(simulator)
    simulator.signIn.install(teacher, app)
    app.districts = [simulator.districts[0]!.id]
    const { code } = simulator.signIn.issueCode(teacher)
    expect(Object.keys((await exchange(simulator, code)).body)).toEqual(["access_token", "id_token"])
    const token = await userToken(simulator, teacher)
    expect((await ask(simulator, "/v3.1/me", token)).json).toMatchObject({
      data: { authorized_by: "district" },
    })
  })
})

import { describe, expect, it } from "vitest"
import {
  authorizePath,
  Browser,
  browserOf,
  callback,
  element,
  exchange,
  firstApp,
  personWith,
} from "./browser.ts"
import { openSimulator } from "./support.ts"

describe("the school picker", () => {
  it("finds districts and schools by name, and districts by id", async () => {
    const simulator = await openSimulator({ districts: 2, users: 60 })
    const [one, two] = simulator.districts
    const browser = new Browser(simulator)
    const path = authorizePath(firstApp(simulator), { state: "s" })
    const page = await browser.open(path)
    expect(page.text).toContain("district_id")
    expect(element(page, `district-${one!.id}`)).toContain(one!.name)
    const school = two!.records("school")[0]!
    const search = async (text: string) =>
      browser.open(`/login?${new URLSearchParams({ continue: path, q: text })}`)
    const found = await search(String(school.name).slice(0, -3).toUpperCase())
    expect(element(found, `school-${school.id}`)).toContain(String(school.name))
    expect(element(await search("no such school"), "nothing")).toBeDefined()
    const byId = await search(two!.id)
    expect(element(byId, `district-${one!.id}`)).toBe(undefined)
    const login = await browser.follow(byId, `district-${two!.id}`)
    const [person] = two!.people
    const back = await browser.submit(login, "login-form", { username: person!.userName, password: "p" })
    expect(back.location?.searchParams.get("state")).toBe("s")
  })

  it("is skipped in a browser that knows its district, also after logging out", async () => {
    const simulator = await openSimulator({ users: 60 })
    const [district] = simulator.districts
    const browser = new Browser(simulator)
    const login = await browser.open(`/login/${district!.id}`)
    await browser.submit(login, "login-form", { username: personWith(simulator, "student"), password: "p" })
    const out = await browser.open("/logout")
    expect(out.status).toBe(200)
    expect(simulator.signIn.sessions.list()).toEqual([])
    const page = await browser.open(authorizePath(firstApp(simulator)))
    expect(element(page, "title")).toContain(district!.name)
    expect(element(await browser.follow(page, "other-district"), "title")).toContain("Find your school")
  })
})

describe("login pages", () => {
  it("take a user name, an e-mail address, a number or an id, with any password but none", async () => {
    const simulator = await openSimulator({ users: 60, oddities: false })
    const [district] = simulator.districts
    const id = personWith(simulator, "student")
    const record = district!.record("user", id)!
    const student = (record.roles as { student: Record<string, string> }).student
    const attempt = async (username: string, password = "p") => {
      const browser = new Browser(simulator)
      const page = await browser.open(`/login/${district!.id}`)
      const answer = await browser.submit(page, "login-form", { username, password })
      return [answer.status, simulator.signIn.sessions.list().at(-1)?.personId]
    }
    const userName = district!.people[0]!.userName
    for (const right of [
      userName,
      userName.toUpperCase(),
      ` ${record.email} `,
      student.student_number!,
      id,
    ]) {
      expect(await attempt(right)).toEqual([200, id])
      simulator.signIn.sessions.endAll()
    }
    for (const wrong of ["", "nobody", String((record.name as { last: string }).last), '"', "\\"]) {
      expect(await attempt(wrong)).toEqual([401, undefined])
    }
    expect(await attempt(userName, "")).toEqual([401, undefined])
    expect(await attempt(personWith(simulator, "contact"))).toEqual([401, undefined])
  })

  it.each([
    ["badge", "student", "teacher"],
    ["parent", "contact", "student"],
    ["admin", "district_admin", "teacher"],
  ])("%s: a list of people to choose from, for those it is for", async (method, role, other) => {
    const simulator = await openSimulator({ oddities: false })
    const [district] = simulator.districts
    const browser = new Browser(simulator)
    const path = authorizePath(firstApp(simulator), { state: "s", district_id: district!.id })
    const page = await browser.follow(await browser.open(path), `method-${method}`)
    const person = district!.people.find((own) => own.role === role)!
    expect(element(page, `person-${person.id}`)).toContain(person.name)
    const wrong = await browser.submit(page, "people", {
      person: personWith(simulator, method === "badge" ? "contact" : other),
    })
    expect([wrong.status, element(wrong, "login-error") !== undefined]).toEqual([401, true])
    const back = await browser.submit(page, "people", { person: person.id })
    expect(back.location?.searchParams.get("state")).toBe("s")
    expect(simulator.signIn.sessions.list()).toMatchObject([{ personId: person.id, role }])
  })

  it("search a district of thousands", async () => {
    const simulator = await openSimulator({ users: 2000 })
    const [district] = simulator.districts
    const browser = new Browser(simulator)
    const student = district!.records("user").filter((user) => "student" in (user.roles as object))[700]!
    const { first, last } = student.name as { first: string; last: string }
    const search = (text: string) =>
      browser.open(`/login/${district!.id}/badge?${new URLSearchParams({ q: text })}`)
    expect(element(await search(""), `person-${student.id}`)).toBe(undefined)
    const login = (student.roles as { student: { credentials: { district_username: string } } }).student
    const found = await search(`${last} ${first} ${login.credentials.district_username}`)
    expect(element(found, `person-${student.id}`)).toBeDefined()
    expect(found.text.match(/data-testid="person-/g)).toHaveLength(1)
    expect(element(await search("zzzzzz"), "nobody")).toBeDefined()
  })

  it("replace whoever was logged in before, whose session ends", async () => {
    const simulator = await openSimulator({ users: 60 })
    const [district] = simulator.districts
    const [a, b] = district!.people.filter((person) => person.role === "student")
    const browser = browserOf(simulator, a!.id)
    const before = browser.cookies.get("clever-session")
    const page = await browser.open(`/login/${district!.id}`)
    expect(element(page, "who")).toContain(a!.name)
    const portal = await browser.submit(page, "login-form", { username: b!.userName, password: "p" })
    expect(element(portal, "who")).toContain(b!.name)
    expect(browser.cookies.get("clever-session")).not.toBe(before)
    expect(simulator.signIn.sessions.list()).toMatchObject([{ personId: b!.id }])
  })

  it("go on to nowhere but the simulator itself", async () => {
    const simulator = await openSimulator({ users: 60 })
    const [district] = simulator.districts
    for (const next of [
      "https://app.example/",
      "//app.example/",
      "/\\app.example",
      "/\t/app.example",
      "app",
      "javascript:1",
    ]) {
      const browser = new Browser(simulator)
      const page = await browser.open(`/login/${district!.id}?${new URLSearchParams({ continue: next })}`)
      const answer = await browser.submit(page, "login-form", {
        username: district!.people[0]!.userName,
        password: "p",
      })
      expect(element(answer, "apps")).toBeDefined()
      const forged = await new Browser(simulator).open(`/login/${district!.id}`, {
        username: district!.people[0]!.userName,
        password: "p",
        continue: next,
      })
      expect(forged.location).toBe(undefined)
    }
  })

  it("set a cookie that scripts and other sites' requests don't get", async () => {
    const simulator = await openSimulator({ users: 60 })
    const [district] = simulator.districts
    const answer = await fetch(`${simulator.authUrl}/login/${district!.id}`, {
      method: "POST",
      body: new URLSearchParams({ username: district!.people[0]!.userName, password: "p" }),
      redirect: "manual",
    })
    expect(answer.status).toBe(303)
    const [session] = answer.headers.getSetCookie()
    expect(session).toMatch(/^clever-session=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it("show hostile names as text, without anything inline", async () => {
    const simulator = await openSimulator({
      users: 400,
      apps: [{ name: `<b>"App"</b>`, redirectUris: [callback] }],
    })
    const [district] = simulator.districts
    const hostile = `<script>alert(1)</script>`
    district!.edit("user", personWith(simulator, "student"), {
      name: { first: hostile, last: `"'><img src=x>` },
    })
    district!.edit("district", district!.id, { name: hostile })
    district!.edit("school", String(district!.records("school")[0]!.id), { name: hostile })
    const browser = browserOf(simulator, personWith(simulator, "student"))
    const admin = browserOf(simulator, personWith(simulator, "district_admin"))
    const id = district!.id
    const pages = [
      await browser.open("/portal"),
      await admin.open("/portal"),
      await browser.open("/login?q=script"),
      await browser.open(`/login?q=${encodeURIComponent(`"><script>`)}`),
      await browser.open(`/login/${id}/badge?q=${encodeURIComponent(`"><script>`)}`),
      await browser.open(`/login/${id}/badge?continue=${encodeURIComponent(`/"><script>`)}`),
      await browser.open(`/login/${id}/badge?q=alert`),
      await browser.open(`/dashboard/${firstApp(simulator).clientId}`),
      await browser.open(authorizePath(firstApp(simulator), { confirmed: "false", state: `"><script>` })),
      await browser.open(authorizePath(firstApp(simulator), { redirect_uri: `"><script>` })),
    ]
    for (const page of pages) {
      expect(page.text).not.toMatch(/<script|<img|<b>|<style|<[^>]*(?: on[a-z]+| style)=/i)
      expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'; style-src 'self'/)
    }
    expect(pages[0]!.text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;")
    expect(pages[6]!.text).toContain("&lt;img")
    expect(element(pages[2]!, `district-${id}`)).toContain("&lt;script&gt;")
    const style = await fetch(`${simulator.authUrl}/assets/simulator.css`)
    expect(style.headers.get("content-type")).toBe("text/css; charset=utf-8")
  })
})

describe("the Portal", () => {
  it("is at the district's address, and shows the apps that somebody has", async () => {
    const simulator = await openSimulator({
      apps: [{ name: "One", redirectUris: [callback] }, { name: "Two" }, { name: "Lib", library: true }],
    })
    const [one, two, lib] = simulator.signIn.apps
    const [district] = simulator.districts
    const [student] = district!.people
    simulator.signIn.unshare(student!.id, two!)
    const slug = String(district!.record("district", district!.id)?.portal_url).split("/").at(-1)
    for (const path of [`/in/${district!.id}`, `/in/${slug}`, simulator.describe().districts[0]!.portalUrl]) {
      const browser = new Browser(simulator)
      const login = await browser.open(path)
      const portal = await browser.submit(login, "login-form", { username: student!.userName, password: "p" })
      expect(element(portal, `app-${one!.clientId}`)).toContain("One")
      expect(element(portal, `app-${two!.clientId}`)).toBe(undefined)
      expect(portal.text).not.toContain(lib!.clientId)
      expect((await browser.open(path)).text).toContain("Portal of")
    }
    expect((await new Browser(simulator).open("/in/nowhere")).status).toBe(404)
    const nobody = await new Browser(simulator).open("/portal")
    expect(element(nobody, "title")).toContain("Find your school")
  })

  it("a click on an icon arrives at the primary address with a code and no state", async () => {
    const simulator = await openSimulator({ redirectUris: [callback, `${callback}/second`] })
    const app = firstApp(simulator)
    const id = personWith(simulator, "student")
    const browser = browserOf(simulator, id)
    const back = await browser.follow(await browser.open("/portal"), `app-${app.clientId}`)
    expect(`${back.location!.origin}${back.location!.pathname}`).toBe(callback)
    expect([...back.location!.searchParams.keys()]).toEqual(["code", "scope"])
    expect((await exchange(simulator, back.location!.searchParams.get("code")!)).status).toBe(200)
    simulator.signIn.unshare(id)
    expect((await browser.open(`/portal/apps/${app.clientId}`)).status).toBe(403)
    expect((await browser.open("/portal/apps/unknown")).status).toBe(404)
    const login = await new Browser(simulator).open(`/portal/apps/${app.clientId}`)
    expect(element(login, "title")).toContain("Find your school")
  })

  it("somebody of several roles begins with the least and can change", async () => {
    const simulator = await openSimulator({ redirectUris: [callback] })
    const [district] = simulator.districts
    const person = district!.records("user").find((user) => Object.keys(user.roles as object).length === 3)!
    const browser = new Browser(simulator)
    const login = await browser.open(`/login/${district!.id}`)
    const portal = await browser.submit(login, "login-form", { username: String(person.id), password: "p" })
    expect(element(portal, "role")).toContain(">teacher")
    expect(element(portal, "role-staff")).toBeDefined()
    const changed = await browser.open("/portal/role", { role: "staff" })
    expect(element(changed, "role")).toContain(">staff")
    await browser.open(`/portal/apps/${firstApp(simulator).clientId}`)
    expect(simulator.signIn.codes.list().at(-1)?.grant.role).toBe("staff")
    expect((await browser.open("/portal/role", { role: "student" })).status).toBe(400)
  })

  it("a district admin opens it as somebody else, which an app may be told", async () => {
    const simulator = await openSimulator({ redirectUris: [callback] })
    const app = firstApp(simulator)
    const [admin, student] = [personWith(simulator, "district_admin"), personWith(simulator, "student")]
    const browser = browserOf(simulator, admin)
    const page = await browser.open("/portal")
    const portal = await browser.submit(page, "people", { person: student })
    expect(element(portal, "by-admin")).toBeDefined()
    const first = await browser.open(`/portal/apps/${app.clientId}`)
    expect(first.location!.searchParams.has("loginas_by_admin")).toBe(false)
    app.loginAsByAdmin = true
    const second = await browser.open(`/portal/apps/${app.clientId}`)
    expect(second.location!.searchParams.get("loginas_by_admin")).toBe("true")
    expect(simulator.signIn.codes.list().at(-1)?.grant.personId).toBe(student)
    expect((await browser.open("/portal/as", { person: admin })).status).toBe(403)
  })
})

describe("Instant Login", () => {
  it("goes to the district's login page first, then to the app without a state", async () => {
    const simulator = await openSimulator({ redirectUris: [callback] })
    const app = firstApp(simulator)
    const [district] = simulator.districts
    const path = `/oauth/instant-login?client_id=${app.clientId}&district_id=${district!.id}`
    const browser = new Browser(simulator)
    const login = await browser.open(path)
    expect(element(login, "title")).toContain(district!.name)
    const back = await browser.submit(login, "login-form", {
      username: district!.people[0]!.userName,
      password: "p",
    })
    expect([...back.location!.searchParams.keys()]).toEqual(["code", "scope"])
    expect((await browser.open(path)).location?.href).toContain(`${callback}?code=`)
    app.instantLogin = false
    expect(element(await browser.open(path), "error")).toContain("instant-login")
    expect((await browser.open("/oauth/instant-login?client_id=x")).status).toBe(400)
  })

  it("is not for Library apps", async () => {
    const simulator = await openSimulator({ apps: [{ library: true, redirectUris: [callback] }] })
    const browser = browserOf(simulator, personWith(simulator, "teacher"))
    const page = await browser.open(`/oauth/instant-login?client_id=${firstApp(simulator).clientId}`)
    expect(element(page, "error")).toContain("instant-login")
  })
})

describe("Log in as…", () => {
  it("opens the app as anybody who can use it, with a Clever session or without", async () => {
    const simulator = await openSimulator({ redirectUris: [callback] })
    const app = firstApp(simulator)
    app.userTypes = ["teacher"]
    const id = personWith(simulator, "teacher")
    const open = async () => {
      const browser = new Browser(simulator)
      const page = await browser.open(simulator.describe().apps[0]!.logInAsUrl)
      expect(element(page, `person-${personWith(simulator, "student")}`)).toBe(undefined)
      const back = await browser.submit(page, "people", { person: id })
      expect([...back.location!.searchParams.keys()]).toEqual(["code", "scope"])
      return (await browser.open(authorizePath(app))).status
    }
    expect(await open()).toBe(302)
    simulator.signIn.dashboardStartsSession = false
    expect(await open()).toBe(200)
    expect((await new Browser(simulator).open("/dashboard/unknown")).status).toBe(404)
  })
})

import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { LoginResolver, type LoginResolverOptions } from "../../../src/entries/accounts.ts"
import { Connections } from "../../../src/entries/exchange.ts"
import { CleverClient, type RosterStorage, RosterSync } from "../../../src/index.ts"
import { MemoryStorage } from "../../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../../src/storage/sqlite/index.ts"
import { doors } from "../../sso/support/doors.ts"
import { type LoginWorld, openLoginWorld } from "../../sso/support/login-world.ts"
import { temporaryFolder } from "../../support/roster-world.ts"

const by = { by: "the tests" }

const storages: Readonly<Record<string, () => RosterStorage>> = {
  memory: () => new MemoryStorage(),
  sqlite: () => new SqliteStorage({ path: join(temporaryFolder(), "homeroom.db") }),
}

/** An app whose roster is imported from the simulator, and whose logins the roster decides. */
interface RosterApp {
  readonly world: LoginWorld
  readonly roster: RosterSync
  readonly logins: LoginResolver
  readonly connections: Connections
  readonly districtId: string
  /** Logs in as this person; what the app then says of the session, or the code of the page that was shown. */
  logIn(personId: string): Promise<Record<string, unknown>>
}

async function openApp(
  door: (typeof doors)[number],
  name: string,
  options: Partial<LoginResolverOptions> = {},
): Promise<RosterApp> {
  const storage = storages[name]?.() ?? expect.unreachable()
  onTestFinished(() => storage.close())
  let logins: LoginResolver | undefined
  const world = await openLoginWorld({
    door,
    sso: { store: storage },
    hooks: { resolve: (login) => logins?.admit(login) },
  })
  const { apiUrl, authUrl, clientId, clientSecret, districts } = world.simulator
  const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret, maxRetries: 0 })
  const roster = new RosterSync({ clever, storage })
  logins = new LoginResolver({ storage, ...options })
  const connections = new Connections({ storage, clever })
  const districtId = districts[0]?.id ?? expect.unreachable()
  await connections.connect(districtId, { mode: "sso+provisioning", ...by })
  await roster.sync({ districtId, mode: "bulk" })
  const logIn: RosterApp["logIn"] = async (personId) => {
    const browser = world.browser(personId)
    const { body, status } = await browser.open(`${world.app}/auth/clever/login`)
    const [, code] = /<meta name="homeroom-error" content="(\w+)">/.exec(body) ?? []
    const session = await world.whoami(browser)
    expect(session.status).toBe(code === undefined ? 200 : 401)
    return code === undefined ? session : { code, status, body }
  }
  return { world, roster, logins, connections, districtId, logIn }
}

const places = doors.flatMap((door) => Object.keys(storages).map((storage) => ({ door, storage })))

describe.each(places)("R46 logins that the roster decides, $door.name on $storage", ({ door, storage }) => {
  test("whoever was imported comes in, in every role; whoever was not is told to wait", async () => {
    const { world, roster, districtId, logIn } = await openApp(door, storage)
    for (const role of ["student", "teacher", "staff", "district_admin", "contact"]) {
      const cleverId = world.person(role)
      expect(await logIn(cleverId)).toMatchObject({ cleverId, accountId: null })
    }
    const [district] = world.simulator.districts
    const school = String(district!.records("school")[0]?.id)
    const newcomer = district!.add("user", { roles: { student: { school, schools: [school] } } })
    expect(await logIn(newcomer)).toMatchObject({ code: "LOGIN_NOT_SYNCED", status: 403 })
    await roster.sync({ districtId, mode: "delta" })
    expect(await logIn(newcomer)).toMatchObject({ cleverId: newcomer })
  })

  test("the session holds the account that the person is linked to", async () => {
    const { world, logins, logIn } = await openApp(door, storage)
    const { issuer } = world.sso
    const [cleverId, other] = [world.person("teacher"), world.person("teacher", 1)]
    const identity = {
      issuer,
      cleverId,
      legacyIds: [],
      districtId: null,
      authorizedBy: "teacher",
      roles: {},
      name: { first: null, middle: null, last: null },
      loginSource: "app",
    } as const
    const proof = { kind: "password", accountId: "account-1", at: new Date().toISOString() } as const
    await logins.linkAccount({ identity, accountId: "account-1", proof })
    expect(await logIn(cleverId)).toMatchObject({ cleverId, accountId: "account-1" })
    expect(await logIn(other)).toMatchObject({ cleverId: other, accountId: null })
  })

  test("archived, in no allowed role, of a disconnected district: each has its page, and nobody is logged in; a pause keeps nobody out", async () => {
    const { world, roster, connections, districtId, logIn } = await openApp(door, storage, {
      allowedRoles: ["student", "teacher"],
    })
    const pupil = world.person("student")
    const [district] = world.simulator.districts
    // The district stops sharing with imports; Clever still lets the person through to the app.
    district!.unshare({ ids: [pupil] })
    await roster.sync({ districtId, mode: "delta" })
    district!.reshare({ ids: [pupil] })
    expect(await logIn(pupil)).toMatchObject({ code: "LOGIN_ARCHIVED", status: 403 })
    await roster.sync({ districtId, mode: "delta" })
    expect(await logIn(pupil)).toMatchObject({ cleverId: pupil })
    expect(await logIn(world.person("contact"))).toMatchObject({ code: "LOGIN_ROLE_NOT_ALLOWED" })
    await connections.pause(districtId, by)
    expect(await logIn(pupil)).toMatchObject({ cleverId: pupil })
    await connections.disconnect(districtId, by)
    expect(await logIn(pupil)).toMatchObject({ code: "LOGIN_DISTRICT_NOT_CONNECTED", status: 403 })
  })

  test("R37 R55 ending the sessions of a person, and erasing them, ends what their browsers hold", async () => {
    const { world, logins, districtId } = await openApp(door, storage)
    const { issuer } = world.sso
    const [one, two, three] = [world.person("student"), world.person("student", 1), world.person("teacher")]
    const browsers = [one, two, three].map((id) => world.browser(id))
    for (const browser of browsers) await world.logIn(browser)
    const statuses = async (): Promise<number[]> =>
      (await Promise.all(browsers.map((browser) => world.whoami(browser)))).map(({ status }) => status)
    await logins.revokeUserSessions({ issuer, cleverId: one })
    expect(await statuses()).toEqual([401, 200, 200])
    await logins.forgetUser({ issuer, cleverId: two })
    expect(await statuses()).toEqual([401, 401, 200])
    await logins.revokeDistrictSessions(districtId)
    expect(await statuses()).toEqual([401, 401, 401])
  })
})

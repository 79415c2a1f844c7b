import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { CleverClient, RosterSync, type User } from "homeroom"
import { AccountMatching } from "homeroom/accounts"
import { Connections } from "homeroom/exchange"

import { startSimulator } from "homeroom/simulator"
import { SqliteStorage } from "homeroom/sqlite"
import { afterAll, beforeAll, expect, test, vi } from "vitest"
import { accountsOf, importAndMatch } from "./nightly.ts"
import { decideAll } from "./reviews.ts"

const simulator = await startSimulator({ users: 300, schools: 2, seed: 1 })
const [district] = simulator.districts
if (district === undefined) throw new Error("The simulator has no district")
const districtId = district.id

const { apiUrl, authUrl, clientId, clientSecret } = simulator
const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret, maxRetries: 0 })
const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
const rosterFile = join(folder, "roster.db")
const storage = new SqliteStorage({ path: rosterFile })
const roster = new RosterSync({ clever, storage })
const connections = new Connections({ storage, clever })

beforeAll(async () => {
  await storage.open()
  await connections.connect(districtId, { mode: "sso+provisioning", by: "test" })
})
afterAll(async () => {
  await storage.close()
  rmSync(folder, { recursive: true, force: true })
  await simulator.close()
})

const pupils = (): User[] =>
  (district.records("user") as unknown as User[]).filter((user) => user.roles?.student?.sis_id)
const linkOf = async (cleverId: string) =>
  (await storage.getLink({ issuer: "https://clever.com", cleverId }))?.accountId

test("a list of accounts is matched once, an import brings more, and a person decides the rest", async () => {
  const told = vi.spyOn(console, "log").mockImplementation(() => {})
  const warned = vi.spyOn(console, "warn").mockImplementation(() => {})
  const [one, two] = pupils() as [User, User]
  const accountsFile = join(folder, "accounts.csv")
  const number = (user: User) => String(user.roles?.student?.sis_id)
  writeFileSync(
    accountsFile,
    `account_id,role,sis_id\n1,student,${number(one)}\n2,student,${number(two)}\n3,student,${number(two)}\n4\n`,
  )
  for (const [name, value] of Object.entries({
    CLEVER_CLIENT_ID: clientId,
    CLEVER_CLIENT_SECRET: clientSecret,
    HOMEROOM_CLEVER_API_URL: apiUrl,
    HOMEROOM_CLEVER_AUTH_URL: authUrl,
    DISTRICT_ID: districtId,
    ROSTER_FILE: rosterFile,
    ACCOUNTS_FILE: accountsFile,
  })) {
    vi.stubEnv(name, value)
  }
  await import("./index.ts")
  expect(await linkOf(one.id)).toBe("1")
  expect(await linkOf(two.id)).toBeUndefined()
  expect(told).toHaveBeenCalledWith("1 linked", { sis_id: 1 }, "1 to be decided", { "cell-count": 1 })
  expect(told).toHaveBeenLastCalledWith(`Whose account is ${two.id}'s? several-accounts:`, ["2", "3"])
  expect(warned).toHaveBeenCalledWith("line 5: cell-count ")

  const table = {
    async *ofDistrict() {
      yield { id: 5, pupilNumber: "new-pupil" }
      yield { id: 6, pupilNumber: null }
    },
  }
  const matching = new AccountMatching({ storage, accounts: accountsOf(table) })
  const newcomer = district.add("user", { roles: { student: { sis_id: "new-pupil" } } })
  await importAndMatch({ connections, roster, matching, districtId })
  expect(await linkOf(newcomer)).toBe("5")

  await decideAll(matching, districtId, async ({ candidates }) => candidates[1] ?? "none")
  expect(await linkOf(two.id)).toBe("3")
})

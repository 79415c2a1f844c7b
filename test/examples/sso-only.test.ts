import { beforeAll, expect, test } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { startSimulator } from "../../src/simulator/index.ts"
import { WebBrowser } from "../sso/support/web-browser.ts"
import { freePort } from "../support/free-port.ts"
import { temporaryFolder } from "../support/roster-world.ts"
import { logInByHand, startLoginApp } from "./login-app.ts"

beforeAll(() => expect(buildIfStale()).toBe(true), 120_000)

test("examples/sso-only: logins meet accounts from elsewhere, and an import is refused", {
  timeout: 60_000,
}, async () => {
  const app = await startLoginApp({
    command: "npm start -- sso-only",
    port: await freePort(),
    environment: { ROSTER_FILE: `${temporaryFolder()}/sso-only.db` },
  })
  const [, teacher = "", student = ""] = await app.printed(
    /^Log in as (\S+), a teacher, or (\S+), a student/m,
  )
  expect(app.stdout).toContain("Importing is refused: CONNECTION_WITHOUT_PROVISIONING\n")
  const simulator = await startSimulator({ users: 300, schools: 2 })
  const districtId = simulator.districts[0]?.id ?? ""
  await simulator.close()

  const browser = new WebBrowser()
  await logInByHand(browser, { app, districtId, userName: teacher })
  expect((await browser.request(app.origin)).body).toContain("Your account here is account-1.")
  const stranger = new WebBrowser()
  const refused = await logInByHand(stranger, { app, districtId, userName: student })
  expect([refused.status, refused.body.includes("LOGIN_NOT_SYNCED")]).toEqual([403, true])
  expect((await stranger.request(app.origin)).body).toContain("You are not logged in.")
})

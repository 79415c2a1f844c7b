import { beforeAll, expect, test } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { temporaryFolder } from "../support/roster-world.ts"
import { openClever, startLoginApp } from "./login-app.ts"

beforeAll(() => expect(buildIfStale()).toBe(true), 120_000)

test("examples/library-login: a teacher whose district is not connected gets an account, and keeps it", {
  timeout: 60_000,
}, async () => {
  const clever = await openClever({ apps: [{ library: true }] })
  const environment = { ...clever.environment, ROSTER_FILE: `${temporaryFolder()}/library.db` }
  const app = await startLoginApp({ command: "npm start -- library-login", ...clever, environment })
  const { id } = clever.person("teacher")
  const accountOf = async () => {
    const browser = clever.browserOf(id)
    const arrived = await browser.open(`${app.origin}/auth/clever/login`)
    expect(arrived.url.href).toBe(`${app.origin}/`)
    return /Your account here is ([0-9a-f-]{36})\./.exec(arrived.body)?.[1]
  }

  const asked = await clever.browserOf(id).open(`${app.origin}/auth/clever/login`)
  expect(asked.body).toContain("Agree and install")
  const [library] = clever.simulator.signIn.apps
  if (library === undefined) throw new Error("The simulator has no app")
  clever.simulator.signIn.install(id, library)
  const account = await accountOf()
  expect(account).toBeDefined()
  expect(await accountOf()).toBe(account)
})

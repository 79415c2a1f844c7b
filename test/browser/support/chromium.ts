import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core"
import { afterAll, beforeEach, onTestFinished } from "vitest"

const program = "/usr/bin/chromium"

/** How every Chromium of the tests is started. The names of the tests' sites are this machine, and no others exist. */
export const launchOptions = {
  executablePath: program,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
  ],
}

const contextOptions = { ignoreHTTPSErrors: true, viewport: { width: 900, height: 700 } }
const timeoutMs = 15_000

/** As Chromium's settings write it. */
const blocked = 2

/** What a window may have of its own. */
export type WindowOptions = Pick<
  BrowserContextOptions,
  "viewport" | "colorScheme" | "bypassCSP" | "extraHTTPHeaders" | "timezoneId" | "javaScriptEnabled"
>

/** Windows of one Chromium, each with cookies of its own. */
export interface Chromium {
  /** Closed when the test ends. */
  newContext(options?: WindowOptions): Promise<BrowserContext>
  /** A Chromium of its own that is set to refuse every cookie of this origin's host. Closed when the test ends. */
  newContextWithoutCookies(origin: string): Promise<BrowserContext>
}

/**
 * One Chromium for all tests of the file, started by the first. Where there is none its tests are skipped, except in
 * CI, where they fail.
 */
export function useChromium(): Chromium {
  let started: Promise<Browser> | undefined
  beforeEach(({ skip }) => {
    if (existsSync(program)) return
    const missing = `There is no ${program}: apt-get install chromium`
    if (process.env.CI === "true") throw new Error(missing)
    skip(missing)
  })
  afterAll(async () => (await started)?.close())
  return {
    async newContext(options = {}) {
      started ??= chromium.launch(launchOptions)
      const browser = await started
      const context = await browser.newContext({ ...contextOptions, ...options })
      context.setDefaultTimeout(timeoutMs)
      onTestFinished(() => context.close())
      return context
    },
    async newContextWithoutCookies(origin) {
      const folder = mkdtempSync(join(tmpdir(), "homeroom-chromium-"))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      mkdirSync(join(folder, "Default"))
      const pattern = `${new URL(origin).origin},*`
      const exceptions = { cookies: { [pattern]: { setting: blocked } } }
      writeFileSync(
        join(folder, "Default/Preferences"),
        JSON.stringify({ profile: { content_settings: { exceptions } } }),
      )
      const context = await chromium.launchPersistentContext(folder, { ...launchOptions, ...contextOptions })
      context.setDefaultTimeout(timeoutMs)
      onTestFinished(() => context.close())
      return context
    },
  }
}

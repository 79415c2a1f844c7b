import { existsSync } from "node:fs"
import { type Browser, type BrowserContext, chromium } from "playwright-core"
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

/** Windows of one Chromium, each with cookies of its own. */
export interface Chromium {
  /** Closed when the test ends. */
  newContext(options?: { readonly colorScheme?: "light" | "dark" }): Promise<BrowserContext>
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
      const context = await browser.newContext({
        ignoreHTTPSErrors: true,
        viewport: { width: 900, height: 700 },
        ...options,
      })
      context.setDefaultTimeout(8_000)
      onTestFinished(() => context.close())
      return context
    },
  }
}

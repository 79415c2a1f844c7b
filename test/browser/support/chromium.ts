import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, type BrowserContext, chromium, type LaunchOptions } from "playwright-core"
import { afterAll, onTestFinished } from "vitest"

const executablePath = "/usr/bin/chromium"

/** False where there is no Chromium: the tests are then left out, saying so; in CI they fail instead. */
export const hasChromium: boolean = existsSync(executablePath) || process.env.CI === "true"

if (!hasChromium) console.warn(`There is no ${executablePath}: the tests in a browser are left out.`)

/** The host name of the app over TLS; it is this machine. */
export const secureHost = "app.test"

const launchOptions: LaunchOptions = {
  executablePath,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-proxy-server",
    `--host-resolver-rules=MAP ${secureHost} 127.0.0.1`,
  ],
}

let browser: Promise<Browser> | undefined

/** A person's browser, with no cookies yet. One Chromium serves all tests of a file. */
export async function openBrowser(): Promise<BrowserContext> {
  if (browser === undefined) {
    browser = chromium.launch(launchOptions)
    afterAll(async () => (await browser)?.close())
  }
  return closing(await (await browser).newContext({ ignoreHTTPSErrors: true, locale: "en-US" }))
}

/** A browser that keeps no cookies but those of one host. */
export async function openBrowserWithoutCookies(options: { except: string }): Promise<BrowserContext> {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-chromium-"))
  mkdirSync(join(folder, "Default"))
  const preferences = {
    profile: {
      default_content_setting_values: { cookies: 2 },
      content_settings: { exceptions: { cookies: { [`${options.except},*`]: { setting: 1 } } } },
    },
  }
  writeFileSync(join(folder, "Default/Preferences"), JSON.stringify(preferences))
  const context = await chromium.launchPersistentContext(folder, {
    ...launchOptions,
    ignoreHTTPSErrors: true,
  })
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return closing(context)
}

function closing(context: BrowserContext): BrowserContext {
  context.setDefaultTimeout(10_000)
  onTestFinished(() => context.close())
  return context
}

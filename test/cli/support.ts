import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "../../scripts/entries.ts"
import type { Simulator } from "../../src/simulator/index.ts"
import { compileCache } from "../support/compile-cache.ts"

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** The program at work. */
export interface Running {
  readonly process: ChildProcess
  readonly stdout: string
  readonly stderr: string
  readonly ended: Promise<Outcome>
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Starts the real program, with nothing of this process's environment but what a shell has; `stdout` may be a file. */
export function startHomeroom(
  args: readonly string[],
  environment: Environment = {},
  stdout: "pipe" | number = "pipe",
): Running {
  const child = spawn(process.execPath, [join(root, "src/cli/main.ts"), ...args], {
    env: { PATH: process.env.PATH, HOME: tmpdir(), ...compileCache(), ...environment },
    stdio: ["ignore", stdout, "pipe"],
    cwd: tmpdir(),
  })
  const running = { process: child, stdout: "", stderr: "" }
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    running.stdout += text
  })
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    running.stderr += text
  })
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout: running.stdout, stderr: running.stderr }))
  })
  return Object.assign(running, { ended })
}

/** What a person with this simulator's credentials has in the environment. */
export function environmentOf(simulator: Simulator, storage: string): Record<string, string> {
  return {
    CLEVER_CLIENT_ID: simulator.clientId,
    CLEVER_CLIENT_SECRET: simulator.clientSecret,
    HOMEROOM_CLEVER_API_URL: simulator.apiUrl,
    HOMEROOM_CLEVER_AUTH_URL: simulator.authUrl,
    HOMEROOM_STORAGE: storage,
  }
}

/** Runs the real program to its end. */
export function homeroom(args: readonly string[], environment: Environment = {}): Promise<Outcome> {
  return startHomeroom(args, environment).ended
}

/** A folder that `remove` takes away. */
export function makeFolder(): { path: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-cli-"))
  return {
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Waits until the condition holds, at most ten seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpAt = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`Waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The lines of a text, without the last break. */
export function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n")
}

import { spawn } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { root } from "../../scripts/entries.ts"
import { freePort } from "../sso/support/doors.ts"

/** A program at work, as somebody starts it in a terminal. */
export interface Program {
  readonly stdout: string
  readonly stderr: string
  /** Gives the line once it is printed; rejects if the program ends before. */
  line(pattern: RegExp): Promise<string>
  readonly ended: Promise<number | null>
  /** Ends it and whatever it has started. */
  stop(): Promise<void>
}

export interface ProgramOptions {
  /** Where it is started, below the root. */
  readonly folder?: string | undefined
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/** Starts npm with nothing of this process's environment but what a shell has. The caller stops it. */
export function startNpm(args: readonly string[], options: ProgramOptions = {}): Program {
  const child = spawn("npm", args, {
    cwd: join(root, options.folder ?? "."),
    env: {
      PATH: process.env.PATH,
      HOME: tmpdir(),
      npm_config_update_notifier: "false",
      ...options.environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
    // npm starts a shell, which starts Node: a group of their own ends together.
    detached: true,
  })
  const program = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    program.stdout += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    program.stderr += text
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve(code))
  })
  let isRunning = true
  const done = ended.finally(() => {
    isRunning = false
  })
  return Object.assign(program, {
    ended,
    async line(pattern: RegExp) {
      for (;;) {
        const line = program.stdout.split("\n").find((own) => pattern.test(own))
        if (line !== undefined) return line
        if (!isRunning) throw new Error(`It ended without ${pattern}:\n${program.stdout}${program.stderr}`)
        await Promise.race([once(child.stdout, "data"), done])
      }
    },
    async stop() {
      if (isRunning && child.pid !== undefined) process.kill(-child.pid, "SIGTERM")
      await ended
    },
  })
}

/** A login example at work. */
export interface RunningExample extends Program {
  /** Where it is reached: `http://localhost:PORT`. */
  readonly url: string
}

/** How each of the login examples is started. */
export const loginExamples = [
  { name: "npm run example:express", args: ["run", "example:express"], folder: "." },
  { name: "npm start in examples/fastify-login", args: ["start"], folder: "examples/fastify-login" },
  { name: "npm run example:hono", args: ["run", "example:hono"], folder: "." },
] as const

/** Starts a login example and waits until it can be opened. The caller stops it. */
export async function startExample(
  example: (typeof loginExamples)[number],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunningExample> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const program = startNpm(example.args, {
    folder: example.folder,
    environment: { PORT: String(port), BASE_URL: url, ...environment },
  })
  await program.line(/^Open http/).catch(async (error: unknown) => {
    await program.stop()
    throw error
  })
  return Object.assign(program, { url })
}

/** The same for one test: it stops when the test ends. */
export async function openExample(...given: Parameters<typeof startExample>): Promise<RunningExample> {
  const example = await startExample(...given)
  onTestFinished(() => example.stop())
  return example
}

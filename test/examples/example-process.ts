import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { root } from "../../scripts/entries.ts"
import { compileCache } from "../support/compile-cache.ts"

/** A command that a user typed, with all the processes it started. */
export interface ExampleProcess {
  readonly stdout: string
  readonly stderr: string
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Waits until standard output matches; rejects if the command ends before that. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** Ends it as Ctrl-C in its terminal does. */
  stop(): Promise<void>
}

const alive = new Set<ChildProcess>()

// A run that is given up leaves nothing behind either.
process.on("exit", () => {
  for (const child of alive) killGroup(child, "SIGKILL")
})

/**
 * Runs a command as a user does, with nothing of this process's environment but `PATH`. When the test ends, its
 * whole process group is killed.
 */
export function startCommand(options: {
  /** `npm start -- express-login`, say. */
  readonly command: string
  /** Where it is typed, relative to the root. */
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
}): ExampleProcess {
  const { command, folder = ".", environment } = options
  const [program = "", ...args] = command.split(" ")
  const home = mkdtempSync(join(tmpdir(), "homeroom-example-"))
  const child = spawn(program, args, {
    cwd: join(root, folder),
    env: {
      PATH: process.env.PATH,
      HOME: home,
      npm_config_update_notifier: "false",
      ...compileCache(),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  alive.add(child)
  const output = { stdout: "", stderr: "" }
  const heard = new Set<() => void>()
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text
      for (const listener of heard) listener()
    })
  }
  // `close` comes when the last process of the group has let go of the output.
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => resolve(code ?? signal ?? 0))
  })
  onTestFinished(async () => {
    killGroup(child, "SIGKILL")
    await ended
    alive.delete(child)
    rmSync(home, { recursive: true, force: true })
  })
  return {
    get stdout() {
      return output.stdout
    },
    get stderr() {
      return output.stderr
    },
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output.stdout)
          if (found === null) return
          heard.delete(look)
          resolve(found)
        }
        heard.add(look)
        look()
        ended.then(
          (end) => reject(new Error(`${command} ended with ${end}\n${output.stdout}\n${output.stderr}`)),
          reject,
        )
      }),
    stop: async () => {
      killGroup(child, "SIGINT")
      await ended
    },
  }
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

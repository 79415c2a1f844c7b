import { spawnSync } from "node:child_process"
import { root } from "./entries.ts"

export interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Return standard output instead of showing it. */
  capture?: boolean
}

/** Runs a program to its end, without a shell; throws if it fails. Returns its standard output if captured. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): string {
  const { status, signal, error, stdout } = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    env: options.env ?? process.env,
    stdio: ["ignore", options.capture ? "pipe" : "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error) throw error
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${signal ?? status}\n${stdout ?? ""}`)
  }
  return stdout ?? ""
}

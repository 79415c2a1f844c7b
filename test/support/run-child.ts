import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { compileCache } from "./compile-cache.ts"

export interface ChildOutcome {
  /** What it said: `ready`, `commit` or `erase`, `cleaning`, and the state of its run. */
  lines: string[]
  wasKilled: boolean
}

/** Hears each line that the program says, and may kill it. */
export type OnLine = (line: string, kill: () => void) => void

/** Runs a program of this folder until it is dead or done. */
export async function runChild(
  program: string,
  order: object,
  onLine: OnLine = () => {},
): Promise<ChildOutcome> {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const process_ = spawn(process.execPath, [path, JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...compileCache(), NODE_OPTIONS: "" },
  })
  let [said, complaint] = ["", ""]
  const lines: string[] = []
  process_.stderr.on("data", (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  process_.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString()
    for (let end = said.indexOf("\n"); end >= 0; end = said.indexOf("\n")) {
      const line = said.slice(0, end)
      said = said.slice(end + 1)
      lines.push(line)
      onLine(line, () => process_.kill("SIGKILL"))
    }
  })
  const signal = await new Promise<NodeJS.Signals | null>((resolve, reject) => {
    process_.on("error", reject)
    process_.on("close", (code, by) => {
      if (code !== null && code !== 0) reject(new Error(`the child failed: ${complaint}`))
      else resolve(by)
    })
  })
  return { lines, wasKilled: signal === "SIGKILL" }
}

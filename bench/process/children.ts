import { type ChildProcess, fork } from "node:child_process"

/** A child ran too long, ended without a result, or said what went wrong. */
export class ChildFailure extends Error {}

export interface ChildOptions {
  program: string
  /** Passed as JSON in the first argument. */
  task: unknown
  execArgv?: readonly string[]
  /** After so long the child is killed. */
  limitMs: number
}

const running = new Set<ChildProcess>()

/** Starts a Node process with a channel; it is killed when its time is up and when this process ends. */
export function startChild({ program, task, execArgv = [], limitMs }: ChildOptions): ChildProcess {
  const child = fork(program, [JSON.stringify(task)], {
    execArgv: [...execArgv],
    stdio: ["ignore", 2, 2, "ipc"],
  })
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs)
  timer.unref()
  running.add(child)
  child.on("exit", () => {
    clearTimeout(timer)
    running.delete(child)
  })
  return child
}

/** Runs a child to its end and returns the last message that it sent. */
export async function runChild<Result>(options: ChildOptions): Promise<Result> {
  const child = startChild(options)
  let result: Result | undefined
  child.on("message", (message) => {
    result = message as Result
  })
  const [code, signal] = await exitOf(child)
  if (code !== 0 || result === undefined) {
    throw new ChildFailure(`${options.program} ended without a result (code ${code}, signal ${signal}).`)
  }
  return result
}

/** The first message of a child. Rejects if it ends without one. */
export function messageOf<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as Message))
    child.once("exit", (code) =>
      reject(new ChildFailure(`A child ended before it was ready (code ${code}).`)),
    )
  })
}

export function exitOf(child: ChildProcess): Promise<[code: number | null, signal: string | null]> {
  return new Promise((resolve, reject) => {
    child.on("exit", (code, signal) => resolve([code, signal]))
    child.on("error", reject)
  })
}

/** Kills every child that still runs. */
export function killChildren(): void {
  for (const child of running) child.kill("SIGKILL")
}

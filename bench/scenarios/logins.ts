import { execFileSync } from "node:child_process"
import { availableParallelism } from "node:os"
import { messageOf, startChild } from "../process/children.ts"
import { bounds, type Figure, figureOf, ratioOf } from "../report/figures.ts"
import { compare } from "../report/statistics.ts"
import {
  type LoginAppReport,
  type LoginAppTask,
  type LoginSubject,
  type LoginTimes,
  loginSubjects,
  type ProviderReport,
} from "../tasks.ts"
import { type Bench, measure, profileFlags } from "./scenario.ts"

const logins = 250
const concurrency = 8
const limitMs = 10 * 60_000

/** P13: logins through Homeroom and through express-openid-connect, each app in a process on one core. */
export async function loginSpeed(bench: Bench): Promise<Figure[]> {
  if (!bench.wants("P13")) return []
  const { programs } = bench
  const rounds = bench.options.runs ?? 5
  bench.note(`timing ${logins} logins with ${loginSubjects.join(", ")}, ${rounds} rounds`)
  const provider = startChild({ program: programs.loginProvider, task: null, limitMs })
  const { cookie: providerCookie, personId, ...clever } = await messageOf<ProviderReport>(provider)
  pin(provider.pid, "others")
  const children = [provider]
  try {
    const apps: Partial<Record<LoginSubject, string>> = {}
    for (const subject of loginSubjects) {
      const task: LoginAppTask = { subject, ...clever }
      const execArgv = ["--expose-gc", ...profileFlags(bench, subject)]
      const app = startChild({ program: programs.loginApp, task, execArgv, limitMs })
      children.push(app)
      apps[subject] = (await messageOf<LoginAppReport>(app)).origin
      pin(app.pid, "first")
    }
    const times = await measure<LoginTimes>(
      bench,
      { task: "logins", apps, rounds, logins, concurrency, providerCookie, personId },
      limitMs,
    )
    return figuresOf(times)
  } finally {
    // Disconnected they end by themselves, and leave their profile.
    for (const child of children) child.disconnect()
  }
}

/** Logins per second are the inverse of the time they take: the peer's time is the numerator. */
function figuresOf({ homeroom = [], peer = [], "peer-bare": bare = [] }: LoginTimes): Figure[] {
  const same = compare(peer, homeroom)
  const milliseconds = same.milliseconds / logins
  const size = ""
  return [
    figureOf(same.cpuRatios, {
      name: "P13",
      what: "logins per second of processor ÷ express-openid-connect",
      size,
      unit: "×",
      cpu: same.cpu,
      milliseconds,
      bounds: bounds.P13,
    }),
    ratioOf(same, { name: "P13", what: "the same by the clock", size }),
    figureOf(compare(bare, homeroom).cpuRatios, {
      name: "P13",
      what: "the same ÷ a peer that asks for no roles",
      size,
      unit: "×",
    }),
  ]
}

/** Gives the apps a core of their own, where the system can do that; without it the processor time still tells. */
function pin(pid: number | undefined, cores: "first" | "others"): void {
  const count = availableParallelism()
  if (pid === undefined || count < 2 || process.platform !== "linux") return
  try {
    const list = cores === "first" ? "0" : `1-${count - 1}`
    execFileSync("taskset", ["-acp", list, String(pid)], { stdio: "ignore" })
  } catch {
    // Nothing depends on it.
  }
}

import { get, type LoginVisit, logIn } from "../logins/browser.ts"
import type { LoginSubject, LoginTimes, MeasureTask, Taken } from "../tasks.ts"

type LoginsTask = Extract<MeasureTask, { task: "logins" }>

/** Logs in to each app in turn, so many times a round; two rounds that are thrown away warm them up. */
export async function measureLogins(task: LoginsTask): Promise<LoginTimes> {
  const times: LoginTimes = {}
  for (let round = -2; round < task.rounds; round++) {
    for (const [subject, origin] of Object.entries(task.apps) as [LoginSubject, string][]) {
      const taken = await measureRound(task, origin)
      if (round < 0) continue
      times[subject] ??= []
      times[subject].push(taken)
    }
  }
  return times
}

async function measureRound(
  { logins, concurrency, providerCookie, personId }: LoginsTask,
  app: string,
): Promise<Taken> {
  const visit: LoginVisit = { app, providerCookie, personId }
  await get(`${app}/bench/begin`)
  const before = performance.now()
  let left = logins
  const browse = async (): Promise<void> => {
    while (left-- > 0) await logIn(visit)
  }
  await Promise.all(Array.from({ length: concurrency }, browse))
  const wallMs = performance.now() - before
  const { body } = await get(`${app}/bench/end`)
  const { cpuMs } = JSON.parse(body) as { cpuMs: number }
  return { wallMs, cpuMs }
}

import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { bounds, type Figure, ratioOf } from "../report/figures.ts"
import { compare } from "../report/statistics.ts"
import type { Taken } from "../tasks.ts"
import type { Bench } from "./scenario.ts"

const rounds = 15

/** What Homeroom loads with the first login or import instead of with the app. */
const later = ["openid-client", "jose/key/import", "zod"]

/** P14: what importing the package costs beside importing a peer, each in a process of its own. */
export async function startUp(bench: Bench): Promise<Figure[]> {
  const { index } = bench.programs
  if (!bench.wants("P14")) return []
  if (index === undefined) {
    bench.note("P14 is left out: there is no src/index.ts yet")
    return []
  }
  const times: Record<"homeroom" | "openid-client" | "everything", Taken[]> = {
    homeroom: [],
    "openid-client": [],
    everything: [],
  }
  const specifiers: Record<keyof typeof times, readonly string[]> = {
    homeroom: [index],
    "openid-client": ["openid-client"],
    everything: [index, ...later],
  }
  // The first round warms the disk.
  for (let round = -1; round < rounds; round++) {
    for (const name of ["homeroom", "openid-client", "everything"] as const) {
      const taken = importAlone(specifiers[name])
      if (round >= 0) times[name].push(taken)
    }
  }
  return [
    ratioOf(compare(times.homeroom, times["openid-client"]), {
      name: "P14",
      what: `import "homeroom" ÷ import "openid-client"`,
      size: "",
      bounds: bounds.P14,
    }),
    ratioOf(compare(times.everything, times["openid-client"]), {
      name: "P14",
      what: `the same with all that first uses load ÷ import "openid-client"`,
      size: "",
    }),
  ]
}

function importAlone(specifiers: readonly string[]): Taken {
  const script = `const cpuBefore = process.cpuUsage()
    const before = performance.now()
    for (const specifier of ${JSON.stringify(specifiers)}) await import(specifier)
    const wallMs = performance.now() - before
    const { user, system } = process.cpuUsage(cpuBefore)
    process.stdout.write(JSON.stringify({ wallMs, cpuMs: (user + system) / 1_000 }))`
  const cwd = fileURLToPath(new URL("../..", import.meta.url))
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd,
    timeout: 30_000,
  })
  return JSON.parse(String(output)) as Taken
}

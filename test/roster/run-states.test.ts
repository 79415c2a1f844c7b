import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { runTransitions } from "../../src/roster/index.ts"
import {
  isFinal,
  isRunning,
  isWaiting,
  stateWithoutProcess,
  transition,
} from "../../src/roster/run-states.ts"
import type { Run, RunState } from "../../src/storage/contract.ts"
import { RosterWorld } from "../support/roster-world.ts"
import { RunWatch } from "../support/run-watch.ts"

const at = "2026-09-01T06:00:00.000Z"
const aPlan = { hash: "", actions: [], cursor: null, expiresAt: at }
const anApproval = { hash: "", by: "", why: "", at }

const states = Object.keys(runTransitions) as RunState[]

async function someRun(): Promise<Run> {
  return new RosterWorld().bulk()
}

describe("the table of run states", () => {
  it("is total: every state has its line, and every line leads to states that have one", () => {
    // Every state of the type: the compiler knows whether the list is complete, the test whether the table is.
    const all: Record<RunState, true> = {
      queued: true,
      fetching: true,
      interrupted: true,
      planned: true,
      held: true,
      approved: true,
      applying: true,
      applied: true,
      unchanged: true,
      discarded: true,
      expired: true,
      failed: true,
      cancelled: true,
    }
    expect([...states].sort()).toEqual(Object.keys(all).sort())
    for (const to of Object.values(runTransitions).flat()) expect(states).toContain(to)
  })

  it("leads from queued to every state, and from every state to an end", () => {
    const reachable = (from: RunState, seen = new Set<RunState>()): Set<RunState> => {
      if (seen.has(from)) return seen
      seen.add(from)
      for (const to of runTransitions[from]) reachable(to, seen)
      return seen
    }
    expect([...reachable("queued")].sort()).toEqual([...states].sort())
    for (const state of states) expect([...reachable(state)].some(isFinal)).toBe(true)
  })

  it("lets every state that is not an end fail or be cancelled, and no end be left", () => {
    for (const state of states) {
      if (isFinal(state)) expect(runTransitions[state]).toEqual([])
      else expect(runTransitions[state]).toEqual(expect.arrayContaining(["failed", "cancelled"]))
    }
    expect(states.filter(isFinal).sort()).toEqual([
      "applied",
      "cancelled",
      "discarded",
      "expired",
      "failed",
      "unchanged",
    ])
  })

  it("lets whatever a process works on be interrupted", () => {
    const standings = states.flatMap((state) =>
      [null, aPlan].flatMap((plan) =>
        [null, anApproval].flatMap((approval) =>
          (["import", "plan"] as const).map((purpose) => ({ state, plan, approval, purpose })),
        ),
      ),
    )
    for (const run of standings) {
      const { state, plan, approval, purpose } = run
      const rests = state === "planned" && purpose === "plan" && plan !== null
      const works = ["queued", "fetching", "planned", "applying"].includes(state) && !rests
      expect(isRunning(run)).toBe(works)
      expect(isWaiting(run)).toBe(rests || state === "held" || state === "approved")
      const left = stateWithoutProcess(run)
      if (!works) expect(left).toBe(state)
      else if (state === "applying" && approval !== null) expect(left).toBe("approved")
      else expect(left).toBe("interrupted")
      if (left !== state && state !== "queued") expect(runTransitions[state]).toContain(left)
    }
  })

  it("is the only way: `transition` goes where it says and throws elsewhere, for every pair", async () => {
    const run = await someRun()
    for (const from of states) {
      for (const to of states) {
        const step = () => transition({ ...run, state: from }, to, { resumed: 7 })
        if (runTransitions[from].includes(to)) expect(step()).toEqual({ ...run, state: to, resumed: 7 })
        else expect(step).toThrow(expect.objectContaining({ code: "RUN_TRANSITION_INVALID" }))
      }
    }
  })

  it("the watch that all tests of the engine run under refuses what the table does not have", async () => {
    const run = await someRun()
    const watch = new RunWatch()
    const write = (state: RunState) => {
      watch.check("saveRun", [{}, { ...run, id: "watched", state }])
      watch.note("saveRun", [{}, { ...run, id: "watched", state }])
    }
    write("fetching")
    write("fetching")
    write("planned")
    expect(() => write("fetching")).toThrow("planned to fetching")
    write("applying")
    expect(() =>
      watch.check("commit", [{}, { run: { ...run, id: "watched", state: "discarded" } }]),
    ).toThrow()
    expect(() => watch.check("stage", [{}, { run: { ...run, id: "new", state: "applied" } }])).toThrow()
  })
})

describe("the steps that runs really take", () => {
  it("an import, an unchanged one, a held, a failed, an interrupted and a resumed one", async () => {
    const world = new RosterWorld({ roster: { guards: { rejectedShare: 0 } } })
    const steps = async (work: () => Promise<unknown>) => {
      world.watch.steps.clear()
      await work().catch(() => {})
      return [...world.watch.steps]
    }
    const begun = ["queued → fetching"]
    expect(await steps(() => world.bulk())).toEqual([
      ...begun,
      "fetching → planned",
      "planned → applying",
      "applying → applied",
    ])
    expect(await steps(() => world.delta())).toEqual([...begun, "fetching → planned", "planned → unchanged"])

    world.source.beforeRequest = () => {
      throw new HomeroomError("CLEVER_UNAVAILABLE")
    }
    expect(await steps(() => world.bulk())).toEqual([...begun, "fetching → failed"])
    const abort = new AbortController()
    world.source.beforeRequest = (name) => {
      if (name === "user 0") abort.abort()
    }
    expect(await steps(() => world.bulk({ signal: abort.signal }))).toEqual([
      ...begun,
      "fetching → interrupted",
    ])
    world.source.beforeRequest = () => {}
    world.district.edit("user", world.ids("user")[0] as string, { email: 3 as never })
    expect(await steps(() => world.bulk())).toEqual([
      "interrupted → fetching",
      "fetching → planned",
      "planned → held",
    ])
    const atCommit = (method: string) => {
      if (method === "commit") throw new HomeroomError("STORAGE_FULL")
    }
    world.district.edit("user", world.ids("user")[0] as string, { email: "good@d.example" })
    world.hooks.beforeCall = atCommit
    expect(await steps(() => world.delta())).toEqual([
      ...begun,
      "fetching → planned",
      "planned → applying",
      "applying → failed",
    ])
  })
})

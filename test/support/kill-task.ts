import { CleverClient } from "../../src/clever/index.ts"
import { type ForgetDistrictOptions, forgetDistrict, forgetUser } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import type { GuardSettings } from "../../src/storage/contract.ts"
import { guardsOff } from "./guards-off.ts"
import { writeCalls } from "./intercepted-storage.ts"
import type { Mortal } from "./mortal.ts"

/** What to do, in a process of its own or in this one. */
export interface KillOrder {
  apiUrl: string
  authUrl: string
  clientId: string
  clientSecret: string
  districtId: string
  mode: "bulk" | "delta"
  pageSize: number
  /** Take back this run instead of importing. */
  undo?: string
  /** Forget this person, or the district, instead of importing. */
  forget?: { user: string; exclude: boolean } | "district"
  /** Plan instead of importing. */
  plan?: true
  /** Apply this plan instead of importing. */
  apply?: { planId: string; hash: string }
  /** Off when absent. */
  guards?: GuardSettings
  /** The one time that all clocks show. */
  nowMs: number
}

/** Carries out an order on the database, and says `ready`, `commit` or `erase`, and the state of the run. */
export async function carryOutOrder(order: KillOrder, url: string, mortal: Mortal): Promise<void> {
  const clock = () => order.nowMs
  let calls = 0
  /** Which one each write call is: several may be under way at once. */
  const numbers = new WeakMap<readonly unknown[], number>()
  const isCommit = (method: string) => method === "commit" || method === "erase"
  const storage = mortal.open(url, {
    clock,
    beforeCall: async (method, parameters) => {
      if (!writeCalls.includes(method)) return
      calls++
      numbers.set(parameters, calls)
      if (isCommit(method)) {
        mortal.isCommitting = true
        mortal.say(method)
      }
      await mortal.reach("before-call", calls)
    },
    afterCall: async (method, parameters) => {
      if (!writeCalls.includes(method)) return
      if (isCommit(method)) mortal.isCommitting = false
      await mortal.reach("after-call", numbers.get(parameters))
    },
  })
  const { apiUrl, authUrl, clientId, clientSecret, pageSize, districtId, guards = guardsOff } = order
  const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret })
  const { repeat } = mortal
  const roster = new RosterSync({ clever, storage, pageSize, clock, guards, repeat })
  mortal.say("ready")
  const { state } =
    order.forget === undefined
      ? await carryOut(roster, order)
      : await forget(order.forget, { storage, districtId, by: "child", clock })
  mortal.say(state)
  await storage.close()
}

async function forget(
  whom: NonNullable<KillOrder["forget"]>,
  options: ForgetDistrictOptions,
): Promise<{ state: string }> {
  if (whom === "district") await forgetDistrict(options)
  else await forgetUser({ ...options, id: whom.user, exclude: whom.exclude })
  return { state: "forgotten" }
}

async function carryOut(roster: RosterSync, order: KillOrder): Promise<{ state: string }> {
  const { districtId, mode, undo, plan, apply } = order
  if (undo !== undefined) return (await roster.undo(undo, { by: "child" })).run
  if (apply !== undefined)
    return roster.apply(apply.planId, { approve: apply.hash, by: "child", why: "fine" })
  return plan === true ? roster.plan({ districtId, mode }) : roster.sync({ districtId, mode })
}

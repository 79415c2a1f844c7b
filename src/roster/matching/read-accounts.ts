import { setImmediate as nextTurn } from "node:timers/promises"
import { throwIfAborted } from "../run-context.ts"
import {
  type AccountProblem,
  type AccountProblemReason,
  type AccountSource,
  findProblem,
} from "./account-entry.ts"
import type { AccountIndex } from "./account-index.ts"

/** What a source gave. */
export interface AccountCounts {
  /** Accounts that can be matched. */
  usable: number
  /** Entries of other districts. */
  elsewhere: number
  /** Entries that can't be used, by reason. */
  problems: Partial<Record<AccountProblemReason, number>>
}

const entriesPerTurn = 1_000

/** Reads all accounts of a district into the index. Rejects with what the source throws; nothing is matched then. */
export async function readAccounts(options: {
  source: AccountSource
  districtId: string
  index: AccountIndex
  signal: AbortSignal | undefined
  onProblem: (problem: AccountProblem) => void
  onEntries: (entries: number) => void
}): Promise<AccountCounts> {
  const { source, districtId, index, signal, onProblem, onEntries } = options
  const counts: AccountCounts = { usable: 0, elsewhere: 0, problems: {} }
  let number = 0
  for await (const entry of source.list({ districtId, signal })) {
    number++
    if (number % entriesPerTurn === 0) {
      throwIfAborted(signal)
      onEntries(number)
      await nextTurn()
    }
    let problem = "unusable" in entry ? { reason: entry.unusable, field: null } : findProblem(entry)
    if (!("unusable" in entry) && entry.districtId && entry.districtId !== districtId) {
      counts.elsewhere++
      continue
    }
    if (problem !== undefined || "unusable" in entry) index.addUnusable(entry)
    else if (index.add(entry)) counts.usable++
    else problem = { reason: "account-id-repeated", field: "accountId" }
    if (problem === undefined) continue
    const { reason, field } = problem
    counts.problems[reason] = (counts.problems[reason] ?? 0) + 1
    onProblem({ reason, field, entry: number, line: entry.line ?? null })
  }
  throwIfAborted(signal)
  onEntries(number)
  return counts
}

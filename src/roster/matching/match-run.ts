import { tellTo } from "../../errors/index.ts"
import type { RosterStorage } from "../../storage/contract.ts"
import type { AccountSource } from "./account-entry.ts"
import { AccountIndex, keyOf } from "./account-index.ts"
import { KeyTable } from "./key-table.ts"
import type { MatchOptions } from "./match-options.ts"
import { type MatchCounts, MatchPass, type MatchPassOptions } from "./match-pass.ts"
import { personSubject, schoolSubject } from "./match-subject.ts"
import { type AccountCounts, readAccounts } from "./read-accounts.ts"
import type { SubjectReader } from "./subject-reader.ts"

export interface MatchRunOptions
  extends Pick<MatchPassOptions, "people" | "schools" | "reviews" | "desk" | "everyone" | "onLink"> {
  storage: RosterStorage
  /** As the app called it. */
  match: MatchOptions
  /** Who is to be matched. */
  subjects: SubjectReader
  /** Whether that is everybody. Of others, values are kept in memory only of accounts that have one of theirs. */
  isWhole: boolean
  accounts: AccountSource | undefined
  matchEmail: boolean
}

/** Of more newcomers than this, all values of all accounts are kept. */
const maxWanted = 200_000

/** Reads the app's accounts and matches people and schools to them. */
export async function runMatching(
  options: MatchRunOptions,
): Promise<MatchCounts & { accounts: AccountCounts }> {
  const { match, accounts: source, isWhole, subjects, matchEmail, ...rest } = options
  const { districtId, signal } = match
  const onProblem = tellTo(match.onProblem)
  const onProgress = tellTo(match.onProgress)
  const wanted = isWhole ? undefined : await valuesOf(subjects, matchEmail)
  const index = new AccountIndex({ matchEmail, wanted })
  let accounts: AccountCounts = { usable: 0, elsewhere: 0, problems: {} }
  // Where nobody came, nobody need be asked for accounts.
  if (source !== undefined && wanted?.size !== 0) {
    const onEntries = (done: number) => onProgress({ stage: "reading-accounts", done })
    accounts = await readAccounts({ source, districtId, index, signal, onProblem, onEntries })
  }
  const pass = new MatchPass({
    ...rest,
    districtId,
    index,
    matchEmail,
    subjects,
    isWhole,
    hasAccounts: source !== undefined,
    signal,
    onProgress: (stage, done) => onProgress({ stage, done }),
  })
  return { ...(await pass.run()), accounts }
}

/** All that the newcomers may be found by; undefined if there are too many to say. */
async function valuesOf(subjects: SubjectReader, matchEmail: boolean): Promise<KeyTable | undefined> {
  const wanted = new KeyTable()
  for (const kind of ["school", "user"] as const) {
    for await (const page of subjects(kind)) {
      for (const { data } of page) {
        const record = JSON.parse(data)
        const subject = kind === "user" ? personSubject({ user: record, matchEmail }) : schoolSubject(record)
        for (const { field, value } of [...subject.ids, ...subject.roles.flat()]) {
          wanted.add(keyOf(kind, field, value))
        }
      }
      if (wanted.size > maxWanted) return undefined
    }
  }
  return wanted
}

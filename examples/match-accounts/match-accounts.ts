/** A part of an app that had accounts before Clever came: which of them is whose. */
import type { RosterStorage, RosterSync } from "homeroom"
import { AccountMatching, type AccountSource, accountsFromCsv } from "homeroom/accounts"
import { type Connections, importDistrict } from "homeroom/exchange"

// #region csv
/** Links everybody in a district whose account is beyond doubt, from a file. */
export async function matchFile(storage: RosterStorage, districtId: string, path: string): Promise<void> {
  const matching = new AccountMatching({ storage, accounts: accountsFromCsv({ path }) })
  const { linked, linkedBy, reviewsOpened, accounts } = await matching.match({
    districtId,
    onProblem: ({ line, reason, field }) => console.warn(`line ${line}: ${reason} ${field ?? ""}`),
  })
  console.log(`${linked} linked`, linkedBy, `${reviewsOpened} to be decided`, accounts.problems)
}
// #endregion

// #region source
/** Pupils as the app's own database has them. */
export interface PupilTable {
  ofDistrict(districtId: string): AsyncIterable<{ id: number; pupilNumber: string | null }>
}

export function accountsOf(pupils: PupilTable): AccountSource {
  return {
    async *list({ districtId }) {
      for await (const { id, pupilNumber } of pupils.ofDistrict(districtId)) {
        yield { accountId: String(id), role: "student", sisId: pupilNumber }
      }
    },
  }
}
// #endregion

// #region import
/** Every night: imports, and then matches whom the import has brought. */
export async function importAndMatch(options: {
  connections: Connections
  roster: RosterSync
  matching: AccountMatching
  districtId: string
}): Promise<void> {
  const run = await importDistrict({
    ...options,
    mode: "delta",
    onMatched: (outcome) => {
      if (outcome.state === "failed")
        console.warn(`matching failed: ${outcome.code}; the next import makes up for it`)
      else console.log(`${outcome.result.linked} linked, ${outcome.result.reissued} possibly re-issued`)
    },
  })
  console.log(run.state)
}
// #endregion

// #region reviews
/** What a support person decides: the candidate, or `none`. */
export async function decideAll(
  matching: AccountMatching,
  districtId: string,
  ask: (question: { cleverId: string; candidates: readonly string[] }) => Promise<string | "none">,
): Promise<void> {
  for await (const review of matching.reviews({ districtId, state: "open" })) {
    const answer = await ask(review)
    const by = "ada"
    if (answer === "none") await matching.decide(review.id, { keepApart: true, by })
    else await matching.decide(review.id, { link: answer, by })
  }
}
// #endregion

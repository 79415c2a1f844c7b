/** Every night: imports, and then matches whom the import has brought with the accounts in the app's database. */
import type { RosterSync } from "homeroom"
import type { AccountMatching, AccountSource } from "homeroom/accounts"
import { type Connections, importDistrict } from "homeroom/exchange"

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

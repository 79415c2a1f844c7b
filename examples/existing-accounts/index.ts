/** An app that had accounts before Clever came: which of them is whose: `npm start -- existing-accounts` */
import { join } from "node:path"
import { CleverClient, RosterSync } from "homeroom"
import { AccountMatching, accountsFromCsv } from "homeroom/accounts"
import { SqliteStorage } from "homeroom/sqlite"
import { cleverApp, read } from "../support/clever-app.ts"

const { districtId, ...app } = await cleverApp()
const storage = new SqliteStorage({ path: read("ROSTER_FILE") ?? "existing-accounts.db" })
const path = read("ACCOUNTS_FILE") ?? join(import.meta.dirname, "accounts.csv")

const roster = new RosterSync({ storage, clever: new CleverClient(app) })
await roster.sync({ districtId, mode: "delta" })

// #region csv
const matching = new AccountMatching({ storage, accounts: accountsFromCsv({ path }) })
const { linked, linkedBy, reviewsOpened, accounts } = await matching.match({
  districtId,
  onProblem: ({ line, reason, field }) => console.warn(`line ${line}: ${reason} ${field ?? ""}`),
})
console.log(`${linked} linked`, linkedBy, `${reviewsOpened} to be decided`, accounts.problems)
// #endregion

for await (const { cleverId, reason, candidates } of matching.reviews({ districtId, state: "open" })) {
  console.log(`Whose account is ${cleverId}'s? ${reason}:`, candidates)
}
await storage.close()

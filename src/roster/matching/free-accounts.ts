import type { LinkKey, LoginStore } from "../../storage/contract.ts"

/** No more candidates than this are named. */
export const maxCandidates = 20

/** Of so many accounts it is looked up whether they are linked; further ones count as free, which decides nothing. */
const maxLookups = 1_000

/** The accounts that are not linked to somebody else, each once; of many, the first ones. */
export async function freeAccounts(
  storage: LoginStore,
  key: LinkKey,
  accounts: readonly string[],
): Promise<string[]> {
  const free: string[] = []
  let lookups = 0
  for (const accountId of new Set(accounts)) {
    if (free.length === maxCandidates) break
    const links = lookups++ < maxLookups ? await storage.listLinks({ accountId, limit: 2 }) : []
    const isFree = links.every((link) => link.issuer === key.issuer && link.cleverId === key.cleverId)
    if (isFree) free.push(accountId)
  }
  return free
}

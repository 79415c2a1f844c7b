import { type Kind, kinds } from "../../src/models/kinds.ts"
import type { RosterStorage, StoredRecord } from "../../src/storage/contract.ts"

/** Every record of a district as it is stored: `kind id` → state and parsed content. */
export async function storedRoster(
  storage: RosterStorage,
  districtId: string,
): Promise<Map<string, { state: string; data: unknown }>> {
  const roster = new Map<string, { state: string; data: unknown }>()
  for await (const { kind, id, state, data } of storedRecords(storage, districtId)) {
    roster.set(`${kind} ${id}`, { state, data: JSON.parse(data) })
  }
  return roster
}

export async function* storedRecords(
  storage: RosterStorage,
  districtId: string,
  only: readonly Kind[] = kinds,
): AsyncGenerator<StoredRecord> {
  for (const kind of only) {
    for (let after = ""; ; ) {
      const page = await storage.listRecords({ districtId, kind, after, limit: 1_000 })
      yield* page
      const last = page.at(-1)
      if (last === undefined) break
      after = last.id
    }
  }
}

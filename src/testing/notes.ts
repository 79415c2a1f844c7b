import type { DocumentWrite, RosterStorage } from "../storage/contract.ts"
import { all } from "./checks.ts"

/** The collection of these documents. */
export const collection = "notes"

export function note(key: string, value: unknown, expect?: number): DocumentWrite {
  return { collection, key, districtId: null, value, expect }
}

export function remove(key: string, expect?: number): DocumentWrite {
  return { collection, key, delete: true, expect }
}

/** Every document of the collection as key, revision and value. */
export async function notesOf(storage: RosterStorage): Promise<[string, number, unknown][]> {
  const documents = await storage.listDocuments({ collection, limit: all })
  return documents.map(({ key, revision, value }) => [key, revision, value])
}

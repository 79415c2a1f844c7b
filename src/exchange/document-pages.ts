import type { RosterStorage, StoredDocument } from "../storage/contract.ts"

const documentsPerPage = 500

/** Every document of a collection in ascending key, page by page. */
export async function* eachDocument(
  storage: RosterStorage,
  collection: string,
  selection: { prefix?: string | undefined; districtId?: string | undefined } = {},
): AsyncGenerator<StoredDocument> {
  for (let after: string | undefined; ; ) {
    const page = await storage.listDocuments({ collection, ...selection, after, limit: documentsPerPage })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < documentsPerPage) return
    after = last.key
  }
}

/**
 * A small place for what is neither roster nor run: review decisions, deliveries, schedules, audit entries. Each
 * collection is ordered by key, by code unit. Every method rejects with `STORAGE_…` codes.
 */
export interface DocumentStore {
  /** A document as it was written last. */
  getDocument(collection: string, key: string): Promise<StoredDocument | undefined>
  /** In ascending key, from after `after`. */
  listDocuments(query: DocumentQuery): Promise<StoredDocument[]>
  /**
   * All of the writes, in one transaction, or none: false if a document is not at the revision that its write expects.
   */
  writeDocuments(writes: readonly DocumentWrite[]): Promise<boolean>
}

export interface StoredDocument {
  readonly collection: string
  readonly key: string
  /** Whose district it belongs to, with which it is erased; null for none. */
  readonly districtId: string | null
  /** The Clever ids that it tells of, with any of which it is erased. */
  readonly subjects: readonly string[]
  /** 1 when it is made, one more with every write. */
  readonly revision: number
  /** What JSON can hold. */
  readonly value: unknown
}

export interface DocumentQuery {
  collection: string
  districtId?: string | undefined
  /** Only keys that begin so. */
  prefix?: string | undefined
  after?: string | undefined
  limit: number
}

export type DocumentWrite = DocumentPut | DocumentDelete

export interface DocumentPut {
  readonly collection: string
  readonly key: string
  readonly districtId: string | null
  readonly subjects?: readonly string[] | undefined
  readonly value: unknown
  /** The revision that it must have now; 0: there must be none. Absent: whatever is there. */
  readonly expect?: number | undefined
}

export interface DocumentDelete {
  readonly collection: string
  readonly key: string
  readonly delete: true
  readonly expect?: number | undefined
}

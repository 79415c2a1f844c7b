/** Connections, overrides and documents: small rows that need no lease. */
import type { FieldOverride, OverrideKey } from "homeroom"
import type { Connection } from "homeroom/exchange"
import type {
  DocumentQuery,
  DocumentStore,
  DocumentWrite,
  OverrideQuery,
  OverrideStore,
  StoredDocument,
} from "homeroom/storage"
import { requireSameConnection } from "homeroom/storage"
import { page, Table, Tables } from "../store/tables.ts"

/** Thrown within a transaction to take it back. */
class OtherRevision extends Error {}

export class AppTables extends Tables implements OverrideStore, DocumentStore {
  protected readonly connections: Table<Connection> = new Table(this, "connections", (row) => [
    row.districtId,
  ])
  protected readonly overrides: Table<FieldOverride> = new Table(this, "overrides", (row) => [
    row.districtId,
    row.kind,
    row.id,
    row.path,
  ])
  protected readonly documents: Table<StoredDocument> = new Table(this, "documents", (row) => [
    row.collection,
    row.key,
  ])

  async getConnection(districtId: string): Promise<Connection | undefined> {
    return this.connections.get(districtId)
  }

  async listConnections(): Promise<Connection[]> {
    return [...this.connections.scan()]
  }

  async saveConnection(connection: Connection, expected?: Connection | null): Promise<void> {
    this.transact(() => this.replaceConnection(connection, expected))
  }

  protected replaceConnection(connection: Connection, expected: Connection | null | undefined): void {
    if (expected !== undefined) requireSameConnection(this.connections.get(connection.districtId), expected)
    this.connections.put(connection)
  }

  async override(override: FieldOverride): Promise<void> {
    this.transact(() => this.overrides.put(override))
  }

  async clearOverrides({ districtId, kind, id, path }: OverrideKey): Promise<number> {
    return this.transact(() => {
      const gone = [...this.overrides.scan([districtId, kind, id])].filter(
        (one) => path === undefined || one.path === path,
      )
      for (const one of gone) this.overrides.delete(one)
      return gone.length
    })
  }

  async listOverrides({ districtId, kind, ids, after, limit }: OverrideQuery): Promise<FieldOverride[]> {
    if (ids === undefined) {
      const rows = this.overrides.scan([districtId, kind], after && [after.id, after.path])
      return page(rows, limit, (row) => row)
    }
    const rows = [...new Set(ids)].sort().flatMap((id) => [...this.overrides.scan([districtId, kind, id])])
    return page(rows, limit, (row) => {
      const isAfter =
        after === undefined || row.id > after.id || (row.id === after.id && row.path > after.path)
      return isAfter ? row : undefined
    })
  }

  async getDocument(collection: string, key: string): Promise<StoredDocument | undefined> {
    return this.documents.get(collection, key)
  }

  async listDocuments(query: DocumentQuery): Promise<StoredDocument[]> {
    const { collection, districtId, prefix = "", after, limit } = query
    return page(this.documents.scan([collection], after === undefined ? [] : [after]), limit, (row) =>
      row.key.startsWith(prefix) && (districtId === undefined || row.districtId === districtId)
        ? row
        : undefined,
    )
  }

  // #region documents
  async writeDocuments(writes: readonly DocumentWrite[]): Promise<boolean> {
    try {
      this.transact(() => {
        for (const write of writes) {
          const revision = this.documents.get(write.collection, write.key)?.revision ?? 0
          // What the writes before it did is taken back as well.
          if (write.expect !== undefined && write.expect !== revision) throw new OtherRevision()
          this.writeDocument(write)
        }
      })
      return true
    } catch (error) {
      if (error instanceof OtherRevision) return false
      throw error
    }
  }
  // #endregion

  protected writeDocument(write: DocumentWrite): void {
    const { collection, key } = write
    const known = this.documents.get(collection, key)
    if ("delete" in write) {
      if (known !== undefined) this.documents.delete(known)
      return
    }
    const { districtId, subjects = [], value = null } = write
    const revision = (known?.revision ?? 0) + 1
    this.documents.put({ collection, key, districtId, subjects, revision, value })
  }
}

import type {
  AccountLink,
  Connection,
  ConnectionMode,
  ConnectionSettings,
  ConnectionState,
  ConnectionStep,
  Cursor,
  DistrictHead,
  FieldOverride,
  HeldLease,
  StoredDocument,
} from "../contract.ts"

// What rows of tables mean whose columns are called the same in every SQL store.

type Row = Readonly<Record<string, unknown>>

export function connectionOf(row: Row): Connection {
  return {
    districtId: String(row.district_id),
    name: String(row.name),
    mode: row.mode as ConnectionMode,
    state: row.state as ConnectionState,
    steps: JSON.parse(String(row.steps)) as ConnectionStep[],
    settings: JSON.parse(String(row.settings)) as ConnectionSettings,
  }
}

/** Of an unknown district as well. */
export function headOf(row: Row | undefined): DistrictHead {
  if (row === undefined) return { version: 0, cursor: null, lastRunId: null, counts: {} }
  return {
    version: Number(row.version),
    cursor: row.cursor === null ? null : (JSON.parse(String(row.cursor)) as Cursor),
    lastRunId: row.last_run as string | null,
    counts: JSON.parse(String(row.counts)) as DistrictHead["counts"],
  }
}

export function leaseOf(districtId: string, row: Row): HeldLease {
  return {
    districtId,
    holder: String(row.holder),
    fence: Number(row.fence),
    since: new Date(Number(row.held_since)).toISOString(),
    expiresAt: new Date(Number(row.held_until)).toISOString(),
  }
}

export function linkOf(row: Row): AccountLink {
  return {
    issuer: String(row.issuer),
    cleverId: String(row.clever_id),
    accountId: String(row.account_id),
    districtId: row.district_id as string | null,
    linkedAt: String(row.linked_at),
    linkedBy: String(row.linked_by),
  }
}

export function overrideOf(row: Row, districtId: string, kind: FieldOverride["kind"]): FieldOverride {
  return {
    districtId,
    kind,
    id: String(row.id),
    path: String(row.path),
    value: JSON.parse(String(row.value)) as unknown,
    at: String(row.set_at),
    by: String(row.set_by),
  }
}

export function documentOf(row: Row): StoredDocument {
  return {
    collection: String(row.collection),
    key: String(row.key),
    districtId: row.district_id as string | null,
    subjects: JSON.parse(String(row.subjects)) as string[],
    revision: Number(row.revision),
    value: JSON.parse(String(row.value)) as unknown,
  }
}

import type { Connection } from "../contract.ts"
import type { DistrictRoster } from "./district-roster.ts"
import type { DocumentTable } from "./document-table.ts"
import type { LeaseTable } from "./lease-table.ts"
import type { LinkTable } from "./link-table.ts"
import type { OrderedMap } from "./ordered-map.ts"
import type { OverrideTable } from "./override-table.ts"
import type { RunFile } from "./run-file.ts"
import type { RunTable } from "./run-table.ts"
import type { SessionTable } from "./session-table.ts"

/** Everything that a memory storage holds, for what goes through all of it. */
export interface MemoryTables {
  readonly leases: LeaseTable
  readonly links: LinkTable
  readonly sessions: SessionTable
  readonly documents: DocumentTable
  readonly overrides: OverrideTable
  readonly connections: OrderedMap<Connection>
  readonly runs: RunTable
  /** By run id. */
  readonly files: Map<string, RunFile>
  /** By district id. */
  readonly rosters: Map<string, DistrictRoster>
}

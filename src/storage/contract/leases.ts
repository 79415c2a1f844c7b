/** The right to write one district. */
export interface Lease {
  readonly districtId: string
  /** Who holds it, for people to read: host name and process id. */
  readonly holder: string
  /** Rises with every lease of the district. */
  readonly fence: number
}

export interface HeldLease extends Lease {
  /** ISO 8601 in UTC. */
  readonly since: string
  readonly expiresAt: string
}

export interface LeaseRequest {
  districtId: string
  holder: string
  ttlMs: number
}

export type LeaseAnswer =
  | { readonly acquired: true; readonly lease: Lease }
  | { readonly acquired: false; readonly held: HeldLease }

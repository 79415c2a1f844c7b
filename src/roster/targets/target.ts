import type { Enrolment, RecordByKind } from "../../models/index.ts"
import type { Kind } from "../../models/kinds.ts"
import type { LoggedAction } from "../../storage/contract.ts"

/**
 * The app's own tables, as the delivery sees them (S23).
 *
 * Each method gets changes of one kind of record and one action, of one district, in ascending id, none of which
 * depends on another. It resolves once they are stored, and throws if any of them may not be. It may get the same
 * changes again, some of them or all: after a crash, after a throw that had stored a part, and while the delivery finds
 * out which record of a batch is at fault. So write them in a way that does the same the second time, by the record's
 * id. For one record changes come in the order of their `version`, never an older one after a newer one, unless a
 * process that lost its turn is still at it: refuse a lower version than the stored one, or look at `call.signal`.
 *
 * What an error says of itself decides what follows: `retryable: true` (and what networks and databases say when they
 * can't be reached) means that the target is down, and everything waits; `retryable: false` means that the record is at
 * fault, and it is set aside at once; all else is retried first, then told apart by trying other records.
 */
export interface Target {
  /** Names its place in the storage: 1 to 40 of `a-z`, `0-9` and `-`. Another name is another target. */
  readonly name: string
  /** Records that are new to the district, or to this target. */
  create(changes: readonly TargetChange[], call: TargetCall): Promise<void>
  update(changes: readonly TargetChange[], call: TargetCall): Promise<void>
  /** Records that Clever no longer shares. Keep them: they may come back. */
  archive(changes: readonly TargetChange[], call: TargetCall): Promise<void>
  /**
   * Records that are shared again, under the same id, with their present content. A target that was added after
   * such a record had been archived has never seen it.
   */
  restore(changes: readonly TargetChange[], call: TargetCall): Promise<void>
}

/** What a target knows of a call besides its changes. */
export interface TargetCall {
  readonly districtId: string
  /** Aborts when another process has taken the delivery over: what is stored from then on may be outdated. */
  readonly signal: AbortSignal
  /** Rises each time that the district's delivery is taken up. */
  readonly fence: number
}

/** The change of one record, of a kind or of any. */
export type TargetChange<K extends Kind = Kind> = { [Each in K]: ChangeOf<Each> }[K]

interface ChangeOf<K extends Kind> {
  /** The same each time that this change is delivered, and no other change's. */
  readonly changeId: string
  readonly districtId: string
  readonly kind: K
  /** The record's Clever id. */
  readonly id: string
  readonly action: LoggedAction
  /** The district's version that the change made. Rises from change to change of a record. */
  readonly version: number
  /** The run that made it; null where a target that was added later gets the roster as it is. */
  readonly runId: string | null
  /** The record before, with the app's own values (S19) in it; null of a create. */
  readonly before: RecordByKind[K] | null
  /** The record from now on, with the app's own values in it; of an archived one what it keeps. */
  readonly after: RecordByKind[K]
  /** Of a section: who is in it from now on and was not, in which role. Of an archived one nobody is. */
  readonly joined: readonly Enrolment[]
  /** Of a section: who was in it and is no longer. */
  readonly left: readonly Enrolment[]
}

import { HomeroomError } from "../errors/index.ts"
import {
  type ApplyOptions,
  type Plan,
  type PlanOptions,
  type RosterStorage,
  RosterSync,
  type RosterSyncOptions,
  type Run,
  type Scope,
  type SyncOptions,
  type UndoOptions,
  type UndoResult,
} from "../index.ts"
import { compileScope, digestMark, scopeMark } from "../roster/scope/compiled-scope.ts"

/**
 * A `RosterSync` for commands, which know the settings of connections alone and none that an app gives its own.
 *
 * `sync`, `plan`, `apply` and `undo` reject with `SCOPE_ELSEWHERE` where a district's roster, or the plan, was kept within
 * a scope that its connection does not have: without that scope they would store what the app leaves out (S18).
 */
export class CommandRoster extends RosterSync {
  readonly #storage: RosterStorage

  constructor(options: Omit<RosterSyncOptions, "scope" | "ownership" | "guards" | "retention">) {
    super(options)
    this.#storage = options.storage
  }

  override async sync(options: SyncOptions): Promise<Run> {
    await this.#requireScope(options.districtId)
    return super.sync(options)
  }

  override async plan(options: PlanOptions): Promise<Plan> {
    await this.#requireScope(options.districtId)
    return super.plan(options)
  }

  override async apply(planId: string, options: ApplyOptions): Promise<Run> {
    const { districtId, plan } = await this.run(planId)
    await this.#requireScope(districtId, plan?.scope)
    return super.apply(planId, options)
  }

  override async undo(runId: string, options: UndoOptions): Promise<UndoResult> {
    const { districtId } = await this.run(runId)
    await this.#requireScope(districtId)
    return super.undo(runId, options)
  }

  async #requireScope(districtId: string, planned?: string): Promise<void> {
    await this.open()
    const connection = await this.#storage.getConnection(districtId)
    const marks = await this.#scopeMarks(districtId)
    if (planned !== undefined) marks.push(digestMark(planned))
    if (marks.every((mark) => explains(connection?.settings.scope, mark))) return
    throw new HomeroomError("SCOPE_ELSEWHERE", { details: { districtId } })
  }

  /**
   * What tells of the scope that a district's roster is kept within: its cursor and, since there is not always one, its
   * own record, which every scope keeps. Empty for none.
   */
  async #scopeMarks(districtId: string): Promise<string[]> {
    const { cursor } = await this.#storage.getDistrict(districtId)
    const records = await this.#storage.getRecords({ districtId, kind: "district", ids: [districtId] })
    const marks = records.map(({ raw }) => scopeMark(raw))
    return cursor?.scope === undefined ? marks : [...marks, digestMark(cursor.scope)]
  }
}

/** Whether a connection's scope says all about one that something was kept within. */
function explains(own: Scope | undefined, mark: string): boolean {
  if (mark === "") return true
  if (own === undefined) return false
  const { exclude = [], ...rest } = own
  // Settings of its own, as a whole: even if it was another scope before, this one goes now.
  if (exclude.length === 0 || Object.values(rest).some((part) => part !== undefined)) return true
  // A list of ids alone is added to an app's scope. There was none if the mark is this list's, or that of its beginning,
  // for an id is added at the end.
  return exclude.some((_, at) => {
    const earlier = compileScope({ exclude: exclude.slice(0, at + 1) })
    return earlier !== undefined && digestMark(earlier.digest) === mark
  })
}

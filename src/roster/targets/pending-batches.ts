import type { User } from "../../models/index.ts"
import type { Kind } from "../../models/kinds.ts"
import type { LoggedChange, RosterStorage } from "../../storage/contract.ts"
import { nextCommit } from "./delivery-start.ts"
import type { DeliveryPlace } from "./delivery-state.ts"
import { commitSteps, type DeliveryStep, snapshotSteps } from "./delivery-steps.ts"
import { isContact } from "./references.ts"
import { recordsAt } from "./snapshot.ts"
import type { TargetChange } from "./target.ts"
import { atTarget, type PlacedChange, toTargetChanges } from "./target-changes.ts"

export interface PendingOptions {
  storage: RosterStorage
  districtId: string
  snapshotId: string
  batchSize: number
}

/** What is to be delivered next, and the place behind it. */
export interface PendingBatch {
  /** Of one kind and action, in ascending id. None where a snapshot or commit is at its end. */
  readonly changes: readonly TargetChange[]
  readonly next: DeliveryPlace
}

/**
 * All that is to be delivered from a place on, batch by batch, until nothing more is committed. Holds one page of
 * changes in memory.
 */
export async function* pendingBatches(
  options: PendingOptions,
  from: DeliveryPlace,
): AsyncGenerator<PendingBatch> {
  let place = from
  if (place.phase === "snapshot") {
    place = yield* stepsFrom(options, snapshotSteps, place)
    place = behind(place)
    yield { changes: [], next: place }
  }
  for (;;) {
    if (place.runId === null) {
      const commit = await nextCommit(options, place.version)
      if (commit === undefined) return
      place = { phase: "log", ...commit, step: commitSteps[0]?.name ?? null, after: "", done: 0 }
    }
    place = behind(yield* stepsFrom(options, commitSteps, place))
    yield { changes: [], next: place }
  }
}

/** The place between this snapshot or commit and the next one. */
function behind({ version }: DeliveryPlace): DeliveryPlace {
  return { phase: "log", version, runId: null, step: null, after: "", done: 0 }
}

async function* stepsFrom(
  options: PendingOptions,
  steps: readonly DeliveryStep[],
  from: DeliveryPlace,
): AsyncGenerator<PendingBatch, DeliveryPlace> {
  // A step that this release does not know: from the beginning, since doing it twice does nothing.
  const start = Math.max(
    0,
    steps.findIndex(({ name }) => name === from.step),
  )
  let place = from
  const withoutContacts = new Set<DeliveryStep["action"]>()
  for (const step of steps.slice(start)) {
    if (step.name !== place.step) place = { ...place, step: step.name, after: "" }
    if (step.people === "contacts" && withoutContacts.has(step.action)) continue
    const isWhole = place.after === ""
    let contacts = 0
    let batch: PlacedChange[] = []
    for await (const page of pagesOf(options, step, place)) {
      for (const logged of page) {
        const isLater = step.kind === "user" && isContact(atTarget(logged) as User)
        if (isLater) contacts++
        if (step.people !== null && isLater !== (step.people === "contacts")) continue
        batch.push(placed(options, place, logged))
        if (batch.length < options.batchSize) continue
        place = afterBatch(place, batch)
        yield { changes: await toTargetChanges(options.storage, options.districtId, batch), next: place }
        batch = []
      }
    }
    if (batch.length > 0) {
      place = afterBatch(place, batch)
      yield { changes: await toTargetChanges(options.storage, options.districtId, batch), next: place }
    }
    // Most districts share no contacts: their users need not be read twice.
    if (step.people === "others" && isWhole && contacts === 0) withoutContacts.add(step.action)
  }
  return place
}

function afterBatch(place: DeliveryPlace, batch: readonly PlacedChange[]): DeliveryPlace {
  return { ...place, after: batch.at(-1)?.logged.id ?? place.after, done: place.done + batch.length }
}

function placed(
  { snapshotId }: PendingOptions,
  { version, runId }: DeliveryPlace,
  logged: LoggedChange,
): PlacedChange {
  const changeId = `${runId ?? snapshotId}/${logged.kind}/${logged.id}`
  return { logged, changeId, version, runId }
}

/** The step's changes from the place on, in ascending id, page by page. */
async function* pagesOf(
  { storage, districtId, batchSize }: PendingOptions,
  { kind, action }: DeliveryStep,
  { version, runId, after }: DeliveryPlace,
): AsyncGenerator<LoggedChange[]> {
  if (runId === null) {
    for await (const page of recordsAt({ storage, districtId, version, kind, after, pageSize: batchSize })) {
      yield page.map(({ id, data }) => ({ kind, id, action, before: null, after: data }))
    }
    return
  }
  let last: { kind: Kind; id: string } = { kind, id: after }
  for (;;) {
    const page = await storage.listChanges({ runId, kind, actions: [action], after: last, limit: batchSize })
    yield page
    if (page.length < batchSize) return
    last = { kind, id: page.at(-1)?.id ?? "" }
  }
}

import { isoTime } from "../run-context.ts"
import { type Letter, letterWrite, readLetters } from "./dead-letters.ts"
import type { BatchOutcome } from "./deliver-batch.ts"
import type { DeliveryWork, WorkOutcome } from "./delivery-work.ts"
import { replayLetters } from "./letter-replay.ts"
import { type PendingBatch, pendingBatches } from "./pending-batches.ts"
import type { TargetChange } from "./target.ts"

/**
 * Delivers until nothing is left, or nothing more can be: first the dead letters that are free, then the log. Rejects
 * with `ClaimLost`, and as the storage does.
 */
export async function deliverDistrict(work: DeliveryWork): Promise<WorkOutcome> {
  const { storage, claim, signal } = work.options
  for await (const letter of readLetters(storage, claim.key)) work.held.put(letter)
  const replayed = await replayLetters(work)
  if (replayed !== "done") return replayed
  for await (const batch of pendingBatches(work.pending, claim.place)) {
    if (signal?.aborted) return "interrupted"
    const outcome =
      batch.changes.length === 0 ? await passEnd(work, batch) : await deliverPending(work, batch)
    if (outcome !== "done") return outcome
  }
  return "done"
}

/** A snapshot's or commit's end. */
async function passEnd(work: DeliveryWork, { next }: PendingBatch): Promise<WorkOutcome> {
  const { claim } = work.options
  const { phase, version, done } = claim.place
  await claim.save({ place: next })
  // A commit without any change of its own was never a place.
  const changes = version === next.version ? done : 0
  const type = phase === "snapshot" ? "snapshot-delivered" : "commit-delivered"
  work.emit({ type, version: next.version, changes })
  return "done"
}

async function deliverPending(work: DeliveryWork, { changes, next }: PendingBatch): Promise<WorkOutcome> {
  const { held, options } = work
  const { claim, districtId, maxDeadLetters } = options
  const ready: TargetChange[] = []
  const letters: Letter[] = []
  for (const change of changes) {
    const blocker = held.blockerOf(change)
    if (blocker === undefined) ready.push(change)
    else letters.push(newLetter(work, change, { index: letters.length, blockedBy: blocker.number }))
  }
  if (held.size + letters.length > maxDeadLetters) return work.wait("too-many-dead-letters")
  const outcome: BatchOutcome =
    ready.length === 0 ? { state: "delivered", refused: [] } : await work.send(ready, next)
  if (outcome.state === "interrupted") return "interrupted"
  if (outcome.state === "down") return work.wait("target-down", outcome.failure)

  const { refused } = outcome
  const district = refused.find(({ change }) => change.kind === "district" && change.before === null)
  // All of a district's records depend on it: setting it aside would set all of them aside.
  if (district !== undefined) return work.wait("district-refused", district.failure)
  for (const refusal of refused) {
    const letter = newLetter(work, refusal.change, { index: letters.length, blockedBy: null })
    letters.push(work.refusedLetter(letter, refusal))
  }
  if (held.size + letters.length > maxDeadLetters) return work.wait("too-many-dead-letters")
  await claim.save(
    { place: next, waiting: null, letters: claim.state.letters + letters.length },
    letters.map((letter) => letterWrite(claim.key, districtId, letter)),
  )
  for (const letter of letters) {
    held.put({ ...letter, revision: 1 })
    work.emitLetter(letter)
  }
  const [first] = ready
  if (first !== undefined) work.delivered[first.action] += ready.length - refused.length
  return "done"
}

function newLetter(
  { options }: DeliveryWork,
  { changeId, kind, id, action, version, runId }: TargetChange,
  { index, blockedBy }: { index: number; blockedBy: number | null },
): Letter {
  return {
    number: options.claim.state.letters + index + 1,
    revision: 0,
    state: blockedBy === null ? "stuck" : "blocked",
    blockedBy,
    changeId,
    kind,
    recordId: id,
    action,
    version,
    runId,
    code: null,
    message: null,
    attempts: 0,
    since: isoTime(options.clock()),
    lastTriedAt: null,
  }
}

import type { Kind } from "../../models/kinds.ts"
import type {
  DocumentWrite,
  LoggedAction,
  LoggedChange,
  RosterStorage,
  StoredDocument,
} from "../../storage/contract.ts"
import { deliveryKey } from "./delivery-state.ts"
import { idBefore, recordAt } from "./snapshot.ts"
import type { PlacedChange } from "./target-changes.ts"

/** A change that could not be delivered, or that waits for one. It holds no content: that stays in the change log. */
export interface DeadLetter {
  /** What `replay` names it by. */
  readonly id: string
  readonly districtId: string
  /** `stuck`: the target refused it; `blocked`: it is about, or refers to, a record that is stuck. */
  readonly state: "stuck" | "blocked"
  /** The letter that a blocked one waits for. */
  readonly blockedBy: string | null
  readonly changeId: string
  readonly kind: Kind
  /** The Clever id of the record. */
  readonly recordId: string
  readonly action: LoggedAction
  readonly version: number
  readonly runId: string | null
  /** The code of the target's error, where it has one: an SQLSTATE, `ERR_…`, whatever its errors have. */
  readonly code: string | null
  /** The beginning of the error's message, without anything that the record holds, as far as that can be seen. */
  readonly message: string | null
  /** How often the change was tried alone and refused, over all its replays. */
  readonly attempts: number
  /** ISO 8601 in UTC. */
  readonly since: string
  readonly lastTriedAt: string | null
}

/** A dead letter as it is kept: numbers for names, since a letter must not name another one's record. */
export interface Letter extends Omit<DeadLetter, "id" | "districtId" | "blockedBy"> {
  readonly number: number
  /** Its document's; 0 before it is written. Not kept in it. */
  readonly revision: number
  readonly blockedBy: number | null
}

/** In the order in which the changes were to be delivered. */
export const deadLetters = "dead-letters"
/** Which letters shall be tried again. */
export const replayRequests = "replay-requests"

const lettersPerPage = 500

export function letterKey(delivery: string, number: number): string {
  return `${delivery}/${String(number).padStart(10, "0")}`
}

export function letterWrite(delivery: string, districtId: string, letter: Letter): DocumentWrite {
  const { revision: expect, ...value } = letter
  const key = letterKey(delivery, letter.number)
  // Erasing a record erases its letters, and what they blocked is free; a letter erased meanwhile must not come back.
  return { collection: deadLetters, key, districtId, subjects: [letter.recordId], value, expect }
}

export function letterDelete(delivery: string, number: number): DocumentWrite {
  return { collection: deadLetters, key: letterKey(delivery, number), delete: true }
}

/** The letters of a delivery in their order. */
export async function* readLetters(storage: RosterStorage, delivery: string): AsyncGenerator<Letter> {
  for await (const { value, revision } of letterDocuments(storage, `${delivery}/`)) {
    yield { ...(value as Omit<Letter, "revision">), revision }
  }
}

/** The letters of a target, or of one district of it, as people get them. */
export async function* listDeadLetters(
  storage: RosterStorage,
  query: { target: string; districtId: string | undefined; state: DeadLetter["state"] | undefined },
): AsyncGenerator<DeadLetter> {
  const { target, districtId, state } = query
  const prefix = districtId === undefined ? `${target}/` : `${deliveryKey(target, districtId)}/`
  for await (const document of letterDocuments(storage, prefix)) {
    const letter = presentLetter(target, document)
    if (state === undefined || letter.state === state) yield letter
  }
}

async function* letterDocuments(storage: RosterStorage, prefix: string): AsyncGenerator<StoredDocument> {
  let after: string | undefined
  for (;;) {
    const page = await storage.listDocuments({
      collection: deadLetters,
      prefix,
      after,
      limit: lettersPerPage,
    })
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = last.key
  }
}

function presentLetter(target: string, document: StoredDocument): DeadLetter {
  const { number: _, blockedBy, ...rest } = document.value as Omit<Letter, "revision">
  const districtId = document.districtId ?? ""
  const delivery = deliveryKey(target, districtId)
  return {
    id: document.key,
    districtId,
    ...rest,
    blockedBy: blockedBy === null ? null : letterKey(delivery, blockedBy),
  }
}

/** The change that a letter stands for, from the log; undefined if it was erased. */
export async function readLetterChange(
  storage: RosterStorage,
  districtId: string,
  letter: Letter,
): Promise<PlacedChange | undefined> {
  const { changeId, kind, recordId, action, version, runId } = letter
  const logged =
    runId === null
      ? await createdAt(storage, { districtId, kind, id: recordId, version })
      : await loggedChange(storage, { runId, kind, id: recordId, action })
  return logged === undefined ? undefined : { logged, changeId, version, runId }
}

async function createdAt(
  storage: RosterStorage,
  query: { districtId: string; kind: Kind; id: string; version: number },
): Promise<LoggedChange | undefined> {
  const record = await recordAt({ storage, ...query })
  if (record === undefined) return undefined
  return { kind: query.kind, id: query.id, action: "create", before: null, after: record.data }
}

async function loggedChange(
  storage: RosterStorage,
  { runId, kind, id, action }: { runId: string; kind: Kind; id: string; action: LoggedAction },
): Promise<LoggedChange | undefined> {
  const after = { kind, id: idBefore(id) }
  const [change] = await storage.listChanges({ runId, kind, actions: [action], after, limit: 1 })
  return change?.id === id ? change : undefined
}

/** Which stuck letters shall be tried again. */
export interface ReplayRequest {
  readonly all: boolean
  /** By number, where not all. */
  readonly numbers: readonly number[]
}

/** Asks whoever delivers next to try letters again, with what was asked for before. */
export async function requestReplay(
  storage: RosterStorage,
  delivery: { target: string; districtId: string },
  request: ReplayRequest,
): Promise<void> {
  const { target, districtId } = delivery
  const key = deliveryKey(target, districtId)
  for (;;) {
    const document = await storage.getDocument(replayRequests, key)
    const before = document?.value as ReplayRequest | undefined
    const value: ReplayRequest = {
      all: request.all || before?.all === true,
      numbers: [...new Set([...(before?.numbers ?? []), ...request.numbers])],
    }
    const expect = document?.revision ?? 0
    if (await storage.writeDocuments([{ collection: replayRequests, key, districtId, value, expect }])) return
  }
}

/** The letter that an id names: `app/DISTRICT/0000000001`; undefined if it is none. */
export function parseLetterId(
  id: string,
): { target: string; districtId: string; number: number } | undefined {
  const [, target = "", districtId = "", number] = /^([a-z0-9-]+)\/([\w-]+)\/(\d{10})$/.exec(id) ?? []
  return number === undefined ? undefined : { target, districtId, number: Number(number) }
}

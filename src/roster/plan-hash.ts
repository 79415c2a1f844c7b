import { isOfThisSchema } from "../models/fingerprint.ts"
import { canonicalFingerprint, nodeCrypto, rawFingerprint } from "../models/index.ts"
import { type Kind, kinds } from "../models/kinds.ts"
import type {
  Action,
  Cursor,
  LoggedAction,
  LoggedChange,
  RosterStorage,
  StagedEntry,
} from "../storage/contract.ts"

export interface HashedPlan {
  runId: string
  /** The district's version that the changes are changes of. */
  basis: number
  /** The cursor that goes with them. */
  cursor: Cursor | null
  actions: readonly Action[]
}

const entriesPerPage = 10_000
const contentsPerPage = 500
/** Those that write a content, and of which the storage lists it. */
const writing: readonly LoggedAction[] = ["create", "update", "restore"]

/**
 * What a plan is known by (S16): SHA-256, in hexadecimal, over its basis, its cursor, its actions, and of every staged
 * change its kind, id, action and fingerprints. The same whatever the storage and in whatever order it was staged.
 * Costs a walk over what is staged, one page of it in memory, and nothing of its contents.
 */
export async function planHash(
  storage: RosterStorage,
  { runId, basis, cursor, actions }: HashedPlan,
  onPage: () => void = () => {},
): Promise<string> {
  const hash = nodeCrypto().createHash("sha256")
  const place = cursor === null ? null : [cursor.eventId, cursor.at, cursor.apiVersion]
  hash.update(line(["plan", 1, basis, place, [...actions].sort()]))
  for (const kind of kinds) {
    for await (const page of stagedPages(storage, runId, kind)) {
      onPage()
      let lines = ""
      for (const { id, action, raw, canonical } of page) lines += line([kind, id, action, raw, canonical])
      hash.update(lines)
    }
  }
  return hash.digest("hex")
}

/**
 * Whether the contents that a plan would create, update or restore are those that its hash names by their fingerprints
 * (S16). What was fingerprinted by the rules of an older Homeroom can't be told and counts as right, as does a refresh,
 * whose content storages do not list. Reads and hashes every content once, one page of them in memory.
 */
export async function hasHashedContents(
  storage: RosterStorage,
  runId: string,
  onPage: () => void = () => {},
): Promise<boolean> {
  for (const kind of kinds) {
    const contents = stagedContents(storage, runId, kind, onPage)
    for await (const page of stagedPages(storage, runId, kind)) {
      for (const { id, action, raw, canonical } of page) {
        if (!(writing as readonly Action[]).includes(action)) continue
        const { value: content } = await contents.next()
        if (content?.id !== id || !isNamed(content.after, raw, canonical)) return false
      }
    }
  }
  return true
}

async function* stagedPages(
  storage: RosterStorage,
  runId: string,
  kind: Kind,
): AsyncGenerator<StagedEntry[], undefined> {
  for (let after = ""; ; ) {
    const page = await storage.listStaged({ runId, kind, after, limit: entriesPerPage })
    yield page
    const last = page.at(-1)
    if (last === undefined || page.length < entriesPerPage) return
    after = last.id
  }
}

async function* stagedContents(
  storage: RosterStorage,
  runId: string,
  kind: Kind,
  onPage: () => void,
): AsyncGenerator<LoggedChange, undefined> {
  for (let after: { kind: Kind; id: string } | undefined; ; ) {
    const page = await storage.listChanges({ runId, kind, actions: writing, after, limit: contentsPerPage })
    onPage()
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < contentsPerPage) return
    after = { kind, id: last.id }
  }
}

function isNamed(content: string | null, raw: string | null, canonical: string | null): boolean {
  if (content === null || canonical === null) return false
  // Most are the bytes that Clever sent, and need no parsing.
  if (raw !== null && rawFingerprint(Buffer.from(content)) === raw) return true
  if (!isOfThisSchema(canonical)) return true
  try {
    return canonicalFingerprint(JSON.parse(content)) === canonical
  } catch {
    return false
  }
}

/** JSON keeps the parts apart whatever they hold. */
function line(parts: readonly unknown[]): string {
  return `${JSON.stringify(parts)}\n`
}

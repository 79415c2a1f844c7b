import type { RecordContent, StagedChange } from "../contract.ts"
import { actionCode, kindCode } from "../sql/codes.ts"
import type { ContentMemory } from "../sql/content-memory.ts"
import { lookupWords } from "./lookup-word.ts"

/**
 * Changes on their way to the writer thread: a few arrays and one long text, since a message of thousands of small
 * objects takes longer to copy than to write.
 */
export interface PackedChanges {
  kinds: Uint8Array
  actions: Uint8Array
  /** The contents' bytes one after the other (the memory may be longer), and where each ends; an end equal to the one before is no content. */
  contents: Uint8Array<ArrayBuffer>
  contentEnds: Uint32Array
  /** {@link fieldCount} fields a change, one a line. None of them holds a line feed. */
  fields: string
  /** Why each rejected record was rejected, by its index. */
  rejections: Map<number, { reason: string; path: string }>
}

/** One change as the database takes it. */
export interface FlatChange {
  kind: number
  action: number
  id: string
  raw: string
  canonical: string
  people: string
  schools: string
  roles: string
  sisIds: string
  reason: string | null
  path: string | null
  data: Uint8Array | null
}

/** id, raw, canonical, people, schools, roles, sisIds */
const fieldCount = 7

/** The contents go into memory from `memory`, to be given back once they are written. */
export function packChanges(changes: readonly StagedChange[], memory: ContentMemory): PackedChanges {
  const kinds = new Uint8Array(changes.length)
  const actions = new Uint8Array(changes.length)
  const contentEnds = new Uint32Array(changes.length)
  const rejections: PackedChanges["rejections"] = new Map()
  const size = changes.reduce((sum, change) => sum + Buffer.byteLength(textOf(change)), 0)
  const contents = memory.take(size)
  const writer = Buffer.from(contents.buffer)
  const fields: string[] = []
  let end = 0
  let index = -1
  for (const change of changes) {
    index++
    kinds[index] = kindCode(change.kind)
    actions[index] = actionCode(change.action)
    fields.push(change.id)
    end += writer.write(textOf(change), end)
    contentEnds[index] = end
    if (change.action === "reject") rejections.set(index, { reason: change.reason, path: change.path })
    const content = contentOf(change)
    if (content === undefined) {
      fields.push("", "", "", "", "", "")
      continue
    }
    const { people, schools, roles, sisIds } = content.keys
    fields.push(content.raw, content.canonical)
    fields.push(lookupWords(people), lookupWords(schools), lookupWords(roles), lookupWords(sisIds))
  }
  return { kinds, actions, contents, contentEnds, fields: fields.join("\n"), rejections }
}

function contentOf(change: StagedChange): RecordContent | undefined {
  if ("keys" in change) return change
  return change.action === "archive" ? change.content : undefined
}

/** The content's JSON text, a rejected one's included; empty if there is none. */
function textOf(change: StagedChange): string {
  if ("data" in change) return change.data
  return change.action === "archive" && change.content !== undefined ? change.content.data : ""
}

export function* unpackChanges(packed: PackedChanges): Generator<FlatChange> {
  const { kinds, actions, contents, contentEnds, rejections } = packed
  const fields = packed.fields.split("\n")
  let start = 0
  for (let index = 0; index < kinds.length; index++) {
    const end = contentEnds[index] ?? start
    const [id = "", raw = "", canonical = "", people = "", schools = "", roles = "", sisIds = ""] =
      fields.slice(index * fieldCount, (index + 1) * fieldCount)
    const { reason = null, path = null } = rejections.get(index) ?? {}
    const data = end > start ? contents.subarray(start, end) : null
    start = end
    const kind = kinds[index] ?? 0
    yield {
      kind,
      action: actions[index] ?? 0,
      id,
      raw,
      canonical,
      people,
      schools,
      roles,
      sisIds,
      reason,
      path,
      data,
    }
  }
}

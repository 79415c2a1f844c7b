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
  const contents = new ContentWriter(changes, memory)
  let fields = ""
  let index = -1
  for (const change of changes) {
    index++
    kinds[index] = kindCode(change.kind)
    actions[index] = actionCode(change.action)
    contentEnds[index] = contents.write(index, textOf(change))
    if (change.action === "reject") rejections.set(index, { reason: change.reason, path: change.path })
    const content = contentOf(change)
    if (content === undefined) {
      fields += `${change.id}\n\n\n\n\n\n\n`
      continue
    }
    const { raw, canonical, keys } = content
    const words = `${lookupWords(keys.people)}\n${lookupWords(keys.schools)}\n${lookupWords(keys.roles)}\n${lookupWords(keys.sisIds)}`
    fields += `${change.id}\n${raw}\n${canonical}\n${words}\n`
  }
  return { kinds, actions, contents: contents.memory, contentEnds, fields, rejections }
}

/** Writes contents one after the other. */
class ContentWriter {
  readonly #changes: readonly StagedChange[]
  readonly #lender: ContentMemory
  #buffer: Buffer<ArrayBuffer>
  #end = 0

  /** Most texts take a byte a character: to count the bytes of all of them would take as long as to write them. */
  constructor(changes: readonly StagedChange[], lender: ContentMemory) {
    this.#changes = changes
    this.#lender = lender
    const size = changes.reduce((sum, change) => sum + textOf(change).length, 0)
    this.#buffer = Buffer.from(lender.take(size).buffer)
  }

  get memory(): Uint8Array<ArrayBuffer> {
    const { buffer } = this.#buffer
    return new Uint8Array(buffer)
  }

  /** Writes the text of the change at an index; the end of what is written. */
  write(index: number, text: string): number {
    const left = this.#buffer.length - this.#end
    if (left < text.length * mostBytes && left < Buffer.byteLength(text)) this.#grow(index)
    this.#end += this.#buffer.write(text, this.#end)
    return this.#end
  }

  /** Makes room for all the changes from an index on. */
  #grow(from: number): void {
    const former = this.#buffer
    let size = this.#end
    for (const change of this.#changes.slice(from)) size += Buffer.byteLength(textOf(change))
    this.#buffer = Buffer.from(this.#lender.take(size).buffer)
    this.#buffer.set(former.subarray(0, this.#end))
    this.#lender.giveBack(former.buffer)
  }
}

/** How many bytes a character of UTF-16 takes in UTF-8 at most. */
const mostBytes = 3

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

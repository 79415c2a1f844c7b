import type * as z from "zod"
import { hasStamps, type Level, levelUnder, stampKeys } from "./canonical-json.ts"
import { lanesOfKey } from "./fingerprint-lanes.ts"

/** What a value may be, as bits. */
export const may: Readonly<Record<"text" | "null" | "yesNo" | "number" | "list" | "object" | "all", number>> =
  {
    text: 1,
    null: 2,
    yesNo: 4,
    number: 8,
    list: 16,
    object: 32,
    all: 63,
  }

/** Fields of an object that are asked for: the whole value, or what is asked for of it; `*` is every key. */
export interface WantedFields {
  readonly [key: string]: WantedFields | true
}

/** How many more keys may be learned that no schema names: districts name keys too. */
export interface KeyBudget {
  left: number
}

const mostKeys = 2_000

interface PlaceOptions {
  readonly level: Level
  readonly isWanted: boolean
  readonly budget: KeyBudget
  readonly shape?: Shape | undefined
  readonly element?: Place | undefined
}

/** What may stand in one place of a record. */
export class Place {
  /** Bits of {@link may}. */
  readonly accepts: number
  /** Whether its value is wanted; of an object only what is wanted of it. */
  readonly isWanted: boolean
  readonly budget: KeyBudget
  readonly #level: Level
  #shape: Shape | undefined
  #element: Place | undefined

  constructor(accepts: number, { level, isWanted, budget, shape, element }: PlaceOptions) {
    this.accepts = accepts
    this.isWanted = isWanted
    this.budget = budget
    this.#level = level
    this.#shape = shape
    this.#element = element
  }

  /** The same where `null` may stand as well. */
  orNull(): Place {
    const { isWanted, budget } = this
    const inner = { shape: this.#shape, element: this.#element }
    return new Place(this.accepts | may.null, { level: this.#level, isWanted, budget, ...inner })
  }

  /** The shape of an object here. */
  get shape(): Shape {
    this.#shape ??= new Shape(this.#level, this.budget)
    return this.#shape
  }

  /** The place of each element of a list here. */
  get element(): Place {
    this.#element ??= new Place(may.all, { level: "inner", isWanted: false, budget: this.budget })
    return this.#element
  }
}

/** A member of an object, under one key. */
export interface Member {
  readonly key: string
  /** The key as it usually comes, in quotes and with the colon: four bytes each, and the last four once more. */
  readonly words: Int32Array
  /** How many bytes that is. */
  readonly length: number
  /** What the fingerprint's lanes begin with. */
  readonly lanes: Int32Array
  readonly isRequired: boolean
  /** True for a stamp, which is no content. */
  readonly isStamp: boolean
  readonly place: Place
  /** The one that came after it last time. */
  next: Member | undefined
  /** The number of the object in which it was met last, to tell a key that comes twice. */
  metIn: number
}

/** The members of an object in one place of a record. No object is of the same shape as one around it. */
export class Shape {
  readonly #level: Level
  readonly #budget: KeyBudget
  readonly #wanted: WantedFields | undefined
  readonly #members: Map<string, Member> = new Map()
  /** Those that the schema names. */
  readonly named: Member[] = []
  /** The member that came first last time. */
  first: Member | undefined

  /** A key that is wanted and that the schema does not name is none to learn: there might be anything under it. */
  constructor(level: Level, budget: KeyBudget, wanted?: WantedFields | undefined) {
    this.#level = level
    this.#budget = budget
    this.#wanted = wanted
  }

  /** The member under a key; undefined for one that is not known and can't be learned. */
  member(key: string): Member | undefined {
    const known = this.#members.get(key)
    const budget = this.#budget
    if (known !== undefined || budget.left === 0 || isWanted(this.#wanted, key)) return known
    budget.left--
    const level = levelUnder(this.#level, key)
    return this.#add(key, new Place(may.all, { level, isWanted: false, budget }), false)
  }

  /** Takes in a member that the schema names. */
  name(key: string, place: Place, isRequired: boolean): void {
    this.named.push(this.#add(key, place, isRequired))
  }

  #add(key: string, place: Place, isRequired: boolean): Member {
    const member: Member = {
      key,
      ...wordsOf(`${JSON.stringify(key)}:`),
      lanes: lanesOfKey(key),
      isRequired,
      isStamp: hasStamps(this.#level) && stampKeys.includes(key),
      place,
      next: undefined,
      metIn: 0,
    }
    this.#members.set(key, member)
    return member
  }
}

function isWanted(wanted: WantedFields | undefined, key: string): boolean {
  return wanted !== undefined && (Object.hasOwn(wanted, "*") || Object.hasOwn(wanted, key))
}

function wordsOf(text: string): { words: Int32Array; length: number } {
  const bytes = Buffer.from(text)
  const { length } = bytes
  const words = Array.from({ length: length >> 2 }, (_, index) => bytes.readInt32LE(4 * index))
  if (length >= 4) words.push(bytes.readInt32LE(length - 4))
  return { words: Int32Array.from(words), length }
}

/** What is looked at of zod's definitions (`schema._zod.def`, zod.dev/library-authors). */
interface Definition {
  readonly type: string
  readonly checks?: readonly unknown[]
  readonly format?: string
  readonly coerce?: boolean
  readonly innerType?: z.ZodType
  readonly element?: z.ZodType
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly catchall?: z.ZodType
}

/** Keys that a record must have; who reads it looks for them. */
const required: readonly string[] = ["id", "district"]

interface Wanted {
  readonly level: Level
  readonly wanted: WantedFields | true | undefined
  readonly budget: KeyBudget
}

/**
 * The place of whole records of a schema, which accepts exactly what the schema accepts. Undefined if anything in the
 * schema is not known here.
 */
export function placeOfRecords(schema: z.ZodType, wanted: WantedFields): Place | undefined {
  return placeOf(schema, { level: "record", wanted, budget: { left: mostKeys } })
}

function placeOf(schema: z.ZodType, options: Wanted): Place | undefined {
  const { type, checks = [], format, coerce, innerType, element, shape, catchall } = definitionOf(schema)
  if (checks.length > 0 || format !== undefined || coerce) return undefined
  const { level, wanted, budget } = options
  const inPlace = { level, isWanted: wanted !== undefined, budget }
  if (type === "string") return new Place(may.text, inPlace)
  if (type === "boolean") return new Place(may.yesNo, inPlace)
  if (type === "optional" && innerType !== undefined) return placeOf(innerType, options)
  if (type === "nullable" && innerType !== undefined) return placeOf(innerType, options)?.orNull()
  if (type === "array" && element !== undefined) {
    const inner = placeOf(element, { ...options, level: "inner" })
    return inner && new Place(may.list, { ...inPlace, element: inner })
  }
  if (type !== "object" || shape === undefined || !isUnknown(catchall)) return undefined
  const fields = wanted === true ? undefined : wanted
  const found = new Shape(level, budget, fields)
  for (const [key, inner] of Object.entries(shape)) {
    const isRequired = definitionOf(inner).type !== "optional"
    const isPossible = !isRequired || (level === "record" && required.includes(key))
    const under = { level: levelUnder(level, key), wanted: fields?.[key] ?? fields?.["*"], budget }
    const place = isPossible ? placeOf(inner, under) : undefined
    if (place === undefined) return undefined
    found.name(key, place, isRequired)
  }
  return new Place(may.object, { ...inPlace, shape: found })
}

function definitionOf(schema: z.ZodType): Definition {
  return schema._zod.def as Definition
}

function isUnknown(schema: z.ZodType | undefined): boolean {
  return schema !== undefined && definitionOf(schema).type === "unknown"
}

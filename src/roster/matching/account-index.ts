import { type Role, roles } from "../../models/index.ts"
import type { AccountEntry, UnusableEntry } from "./account-entry.ts"
import { KeyTable } from "./key-table.ts"
import { type AnyField, comparable } from "./match-fields.ts"
import type { MatchQuestion } from "./match-subject.ts"
import { NumberColumn } from "./number-column.ts"
import { TextPack } from "./text-pack.ts"

/** What persons and schools are matched by are different lists. */
export type SubjectKind = "user" | "school"

/** Of a value that more accounts have, nothing is decided. */
const maxPerKey = 64

/** The entry that stands for all that can't be used: it is nobody's, and speaks against whoever has its values. */
const unusable = 0

const fieldNames = {
  sisId: "sis_id",
  studentNumber: "student_number",
  teacherNumber: "teacher_number",
  staffId: "staff_id",
  stateId: "state_id",
  email: "email",
} as const satisfies Partial<Record<keyof AccountEntry, AnyField>>

const schoolFieldNames = { mdrNumber: "mdr_number", ncesId: "nces_id" } as const satisfies Partial<
  Record<keyof AccountEntry, AnyField>
>

/**
 * The accounts of one district by what they may be matched by, and how many active people of the roster have each
 * value: hashes of values, and ids. Costs some 25 bytes for each value and 60 for each account.
 */
export class AccountIndex {
  readonly #matchEmail: boolean
  readonly #wanted: KeyTable | undefined
  readonly #keys = new KeyTable()
  /** By key: the account that has it, plus one. */
  readonly #first = new NumberColumn(new Int32Array())
  /** By key: further accounts. */
  readonly #more = new Map<number, number[]>()
  /** By key: how many people, 2 for many; two bits for each role. */
  readonly #people = new NumberColumn(new Uint8Array())
  /** Values of which it can't be told in which field they are. */
  readonly #unplaced = new KeyTable()
  readonly #accountKeys = new KeyTable()
  readonly #accountIds = new TextPack()
  /** By account: its role, plus one. */
  readonly #roles = new NumberColumn(new Uint8Array())
  /** By account: 1 if it can't be told what it is. */
  readonly #unclear = new NumberColumn(new Uint8Array())

  /** With `wanted`, only accounts that have a value that stands in it are kept, with all of their values. */
  constructor(options: { matchEmail: boolean; wanted?: KeyTable | undefined }) {
    this.#matchEmail = options.matchEmail
    this.#wanted = options.wanted
    this.#accountKeys.add("")
    this.#accountIds.add("")
    this.#unclear.set(unusable, 1)
  }

  /** How many values are kept. */
  get size(): number {
    return this.#keys.size
  }

  /** How many accounts there are, with the one that stands for what can't be used. */
  get accounts(): number {
    return this.#accountKeys.size
  }

  /** Adds an account that is as it should be; false if its id was there already, which makes both unclear. */
  add(entry: AccountEntry): boolean {
    const kind = entry.kind ?? "user"
    const known = this.#accountKeys.size
    const account = this.#accountKeys.add(JSON.stringify([kind, entry.accountId]))
    const isNew = account === known
    const role = entry.role ? roles.indexOf(entry.role) + 1 : 0
    if (isNew) {
      this.#accountIds.add(entry.accountId)
      this.#roles.set(account, role)
    } else {
      this.#unclear.set(account, 1)
      if (this.#roles.get(account) !== role) this.#roles.set(account, 0)
    }
    this.#addValues(account, kind, entry)
    return isNew
  }

  /** Remembers the values of an entry that can't be used, so that nobody is taken to be the only one who has them. */
  addUnusable(entry: AccountEntry | UnusableEntry): void {
    if ("unusable" in entry) {
      for (const text of entry.texts ?? []) {
        this.#unplaced.add(text)
        this.#unplaced.add(comparable("email", text))
      }
      return
    }
    for (const kind of ["user", "school"] as const) this.#addValues(unusable, kind, entry)
  }

  /** Keeps count of an id of Clever's although no account has it. */
  watch(kind: SubjectKind, question: MatchQuestion): void {
    this.#keys.add(keyOf(kind, question.field, question.value))
  }

  has(kind: SubjectKind, { field, value }: MatchQuestion): boolean {
    return this.#keys.find(keyOf(kind, field, value)) !== undefined
  }

  /** The accounts that have the value, by their numbers, without those that stand for nobody. */
  find(kind: SubjectKind, question: MatchQuestion): number[] {
    return this.#find(kind, question).filter((account) => account !== unusable)
  }

  /** Whether one of those who have the value can't be told from others. */
  isUnclear(kind: SubjectKind, question: MatchQuestion): boolean {
    const { field, value } = question
    if (this.isFull(kind, question) || this.#unplaced.find(comparable(field, value)) !== undefined)
      return true
    return this.#find(kind, question).some((account) => this.#unclear.get(account) === 1)
  }

  /** Whether so many accounts have the value, in whatever role, that further ones are not kept. */
  isFull(kind: SubjectKind, { field, value }: MatchQuestion): boolean {
    const key = this.#keys.find(keyOf(kind, field, value))
    return key !== undefined && 1 + (this.#more.get(key)?.length ?? 0) >= maxPerKey
  }

  /** The number of an account; undefined if it is not there. */
  accountNumber(kind: SubjectKind, accountId: string): number | undefined {
    return this.#accountKeys.find(JSON.stringify([kind, accountId]))
  }

  accountId(account: number): string {
    return this.#accountIds.get(account)
  }

  /** Takes note that an active person has the values: each question once for each person. */
  count(kind: SubjectKind, questions: Iterable<MatchQuestion>): void {
    const counted = new Set<number>()
    for (const { field, role, value } of questions) {
      const key = this.#keys.find(keyOf(kind, field, value))
      if (key === undefined) continue
      const shift = shiftOf(field, role)
      // The person's e-mail address is one, whatever the roles.
      if (counted.has(key * 8 + shift)) continue
      counted.add(key * 8 + shift)
      const people = this.#people.get(key)
      if (((people >> shift) & 3) < 2) this.#people.set(key, people + (1 << shift))
    }
  }

  /** How many active people have the value: 0, 1, or 2 for many. */
  people(kind: SubjectKind, { field, role, value }: MatchQuestion): number {
    const key = this.#keys.find(keyOf(kind, field, value))
    return key === undefined ? 0 : (this.#people.get(key) >> shiftOf(field, role)) & 3
  }

  /** Forgets who was counted. */
  clearPeople(): void {
    this.#people.clear()
  }

  #addValues(account: number, kind: SubjectKind, entry: AccountEntry): void {
    const values = [...this.#valuesOf(kind, entry)]
    const wanted = this.#wanted
    if (wanted !== undefined && !values.some((value) => wanted.find(value) !== undefined)) return
    for (const value of values) this.#addValue(account, value)
  }

  /** What stands for each value of an entry. */
  *#valuesOf(kind: SubjectKind, entry: AccountEntry): Generator<string> {
    const isValue = (value: unknown): value is string => typeof value === "string" && value !== ""
    const names = kind === "user" ? fieldNames : schoolFieldNames
    for (const [name, field] of Object.entries(names) as [keyof typeof fieldNames, AnyField][]) {
      const value = entry[name]
      if (isValue(value) && (field !== "email" || this.#matchEmail)) yield keyOf(kind, field, value)
    }
    const { cleverId, legacyIds } = entry
    for (const id of [cleverId, ...(Array.isArray(legacyIds) ? legacyIds : [])]) {
      if (isValue(id)) yield keyOf(kind, "clever_id", id)
    }
  }

  #addValue(account: number, value: string): void {
    const key = this.#keys.add(value)
    const first = this.#first.get(key)
    if (first === 0) {
      this.#first.set(key, account + 1)
      return
    }
    const more = this.#more.get(key) ?? []
    if (first === account + 1 || more.includes(account) || more.length + 1 >= maxPerKey) return
    more.push(account)
    this.#more.set(key, more)
  }

  #find(kind: SubjectKind, { field, role, value }: MatchQuestion): number[] {
    const key = this.#keys.find(keyOf(kind, field, value))
    const first = key === undefined ? 0 : this.#first.get(key)
    if (key === undefined || first === 0) return []
    const code = role === null ? 0 : roles.indexOf(role) + 1
    return [first - 1, ...(this.#more.get(key) ?? [])].filter((account) => {
      const own = this.#roles.get(account)
      return own === 0 || code === 0 || own === code
    })
  }
}

/** What stands for a value. Ids of Clever's are one list: what API v2 called an id, later versions call a legacy id. */
export function keyOf(kind: SubjectKind, field: AnyField, value: string): string {
  const name = field === "legacy_id" ? "clever_id" : field
  // JSON keeps apart what UTF-8 would not: halves of surrogate pairs.
  return JSON.stringify([kind, name, comparable(field, value)])
}

/** Where in a key's count a role has its two bits. Ids of Clever's and e-mail addresses are the person's own. */
function shiftOf(field: AnyField, role: Role | null): number {
  return field === "email" || role === null
    ? 0
    : (({ student: 0, teacher: 2, staff: 4 } as Partial<Record<Role, number>>)[role] ?? 6)
}

/**
 * What sign-in remembers on the server: which logins are spent, which sessions are ended. Every storage adapter
 * of Homeroom is one.
 */
export interface LoginStoreLike {
  open?(): Promise<void>
  /**
   * True for the first call with this key until the time given (milliseconds since 1970); atomic, also across
   * processes. `subjects` say whom it concerns.
   */
  consumeOnce(key: string, expiresAtMs: number, subjects?: readonly string[]): Promise<boolean>
  /** Whether the key was consumed and has not expired. */
  isConsumed(key: string): Promise<boolean>
  /** The epoch of each subject, 0 where none was raised. */
  getSessionEpochs(subjects: readonly string[]): Promise<number[]>
  /** Gives the subject a higher epoch than any before, which ends all sessions that carry another. */
  raiseSessionEpoch(subject: string, expiresAtMs?: number): Promise<number>
}

/** No session lasts longer, so no epoch is needed for longer. */
const epochLifetimeMs = 31 * 86_400_000

/** Keeps everything in this process: enough for one process, and gone when it ends. */
export class MemoryLoginStore implements LoginStoreLike {
  readonly #clock: () => number
  readonly #mostKeys: number
  readonly #expiries: Map<string, number> = new Map()
  readonly #epochs: Map<string, number> = new Map()
  #prunedAt = 0

  /**
   * `mostKeys` is how many keys are kept, a million by default; beyond it the oldest go. A key lasts minutes, or as
   * long as a session.
   */
  constructor(
    options: { readonly clock?: (() => number) | undefined; readonly mostKeys?: number | undefined } = {},
  ) {
    this.#clock = options.clock ?? Date.now
    this.#mostKeys = options.mostKeys ?? 1_000_000
  }

  async consumeOnce(key: string, expiresAtMs: number): Promise<boolean> {
    this.#prune()
    if (this.#isAlive(key) || expiresAtMs <= this.#clock()) return false
    this.#expiries.set(key, expiresAtMs)
    return true
  }

  async isConsumed(key: string): Promise<boolean> {
    return this.#isAlive(key)
  }

  async getSessionEpochs(subjects: readonly string[]): Promise<number[]> {
    return subjects.map((subject) => this.#epochs.get(subject) ?? 0)
  }

  async raiseSessionEpoch(subject: string): Promise<number> {
    this.#prune()
    const epoch = Math.max((this.#epochs.get(subject) ?? 0) + 1, this.#clock())
    this.#epochs.set(subject, epoch)
    return epoch
  }

  #isAlive(key: string): boolean {
    return (this.#expiries.get(key) ?? 0) > this.#clock()
  }

  #prune(): void {
    const now = this.#clock()
    if (now - this.#prunedAt > 60_000) {
      this.#prunedAt = now
      for (const [key, expiry] of this.#expiries) if (expiry <= now) this.#expiries.delete(key)
      for (const [key, epoch] of this.#epochs) if (epoch <= now - epochLifetimeMs) this.#epochs.delete(key)
    }
    if (this.#expiries.size < this.#mostKeys) return
    const [oldest] = this.#expiries.keys()
    if (oldest !== undefined) this.#expiries.delete(oldest)
  }
}

/** Who somebody is at Clever: never the id alone. */
export interface PersonKey {
  readonly issuer: string
  readonly cleverId: string
}

/** The subject whose epoch ends a person's sessions. */
export function userSubject({ issuer, cleverId }: PersonKey): string {
  return `user:${issuer}:${cleverId}`
}

/** The subject whose epoch ends the sessions of a whole district. */
export function districtSubject(districtId: string): string {
  return `district:${districtId}`
}

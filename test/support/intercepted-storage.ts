import type { RosterStorage } from "../../src/storage/contract.ts"

/** The calls of a storage that write. */
export const writeCalls: readonly string[] = [
  "acquireLease",
  "saveRun",
  "stage",
  "discardStaged",
  "commit",
  "releaseLease",
  "saveConnection",
  "erase",
  "deleteLinks",
  "forgetConsumed",
  "raiseSessionEpoch",
]

export interface Interceptor {
  /** Runs before each call; what it throws is what the caller gets. */
  beforeCall?: ((method: string, parameters: readonly unknown[]) => unknown) | undefined
  /** Runs after each call that succeeded. */
  afterCall?: ((method: string, parameters: readonly unknown[]) => unknown) | undefined
}

/** A storage whose every call goes by an interceptor, which may be changed at any time. */
export function interceptStorage(storage: RosterStorage, interceptor: Interceptor): RosterStorage {
  return new Proxy(storage, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown
      if (typeof member !== "function" || typeof name !== "string") return member
      return async (...parameters: unknown[]) => {
        await interceptor.beforeCall?.(name, parameters)
        const result: unknown = await member.apply(target, parameters)
        await interceptor.afterCall?.(name, parameters)
        return result
      }
    },
  })
}

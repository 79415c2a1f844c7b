import assert from "node:assert/strict"
import type { RosterStorage } from "../storage/contract.ts"

/** What the kit needs of a test runner: vitest, jest, mocha, bun and node:test have it. */
export interface ContractRunner {
  describe(name: string, body: () => void): unknown
  /** Runners that know no third argument ignore it. */
  it(name: string, body: () => Promise<void>, timeoutMs?: number): unknown
}

/** The adapter under test. */
export interface StorageContractOptions {
  /** What the adapter is called in the test names. */
  name: string
  /** A storage on an empty store of its own, opened or not. Called once for each test. */
  create(): RosterStorage | Promise<RosterStorage>
  /** For a durable adapter: a new storage on the store of one that was closed. Default: none. */
  reopen?: ((closed: RosterStorage) => RosterStorage | Promise<RosterStorage>) | undefined
  /**
   * For a shared adapter: another storage on the store of one that is open, as another process would have it.
   * Default: none.
   */
  second?: ((open: RosterStorage) => RosterStorage | Promise<RosterStorage>) | undefined
  /** Moves the clock that leases are judged by. Default: the kit waits a few milliseconds of real time. */
  advanceClock?: ((ms: number) => void | Promise<void>) | undefined
  /**
   * Called after each test with the storage of `create`, when all storages of the test are closed. Default: nothing
   * is done.
   */
  dispose?: ((closed: RosterStorage) => void | Promise<void>) | undefined
}

/** What one test works with. */
export interface Bench {
  readonly storage: RosterStorage
  /** Closes the test's storage and opens a new one on the same store. */
  reopen(): Promise<RosterStorage>
  /** Opens another storage on the same store. */
  second(): Promise<RosterStorage>
  /** Lets the time pass. */
  pass(ms: number): Promise<void>
}

/** The runner and the adapter, as the kit's chapters see them. */
export interface Suite {
  readonly options: StorageContractOptions
  describe(name: string, body: () => void): void
  it(name: string, body: (bench: Bench) => Promise<void>): void
}

const timeoutMs = 60_000

/** Gives every test a fresh storage, opened, and closes whatever the test opened. */
export function createSuite(runner: ContractRunner, options: StorageContractOptions): Suite {
  return {
    options,
    describe(name, body) {
      runner.describe(name, body)
    },
    it(name, body) {
      runner.it(name, () => runTest(options, body), timeoutMs)
    },
  }
}

async function runTest(
  options: StorageContractOptions,
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  const storage = await options.create()
  const opened = [storage]
  const open = async (next: RosterStorage): Promise<RosterStorage> => {
    opened.push(next)
    await next.open()
    return next
  }
  try {
    await storage.open()
    await body({
      storage,
      async reopen() {
        assert.ok(options.reopen, "this test needs `reopen`")
        await storage.close()
        return open(await options.reopen(storage))
      },
      async second() {
        assert.ok(options.second, "this test needs `second`")
        return open(await options.second(storage))
      },
      async pass(ms) {
        if (options.advanceClock !== undefined) await options.advanceClock(ms)
        else await new Promise((resolve) => setTimeout(resolve, ms))
      },
    })
  } finally {
    for (const one of opened.reverse()) await one.close()
    await options.dispose?.(storage)
  }
}

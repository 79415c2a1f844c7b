import assert from "node:assert/strict"
import { refused, same } from "./checks.ts"
import { presentTime } from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const longMs = 600_000

export function sessionsChapter({ describe, it, options }: Suite): void {
  // Where the kit waits real time, long enough for a slow store to be asked a few times before it is over.
  const briefMs = options.advanceClock === undefined ? 500 : 40

  describe("keys that can be used once", () => {
    it("are consumed by the first caller alone", async ({ storage }) => {
      const until = await presentTime(storage)
      assert.equal(await storage.isConsumed("state:1"), false)
      assert.equal(await storage.consumeOnce("state:1", until + longMs), true)
      assert.equal(await storage.consumeOnce("state:1", until + longMs), false)
      assert.equal(await storage.consumeOnce("state:1", until + 2 * longMs, ["user:x"]), false)
      assert.equal(await storage.isConsumed("state:1"), true)
      assert.equal(await storage.consumeOnce("State:1", until + longMs), true)
      assert.equal(await storage.isConsumed("state:2"), false)
    })

    it("are consumed by exactly one of many who come at once", async ({ storage }) => {
      const until = (await presentTime(storage)) + longMs
      const answers = await Promise.all(Array.from({ length: 20 }, () => storage.consumeOnce("k", until)))
      assert.equal(answers.filter(Boolean).length, 1)
    })

    it("can't be consumed when their time is over already", async ({ storage }) => {
      assert.equal(await storage.consumeOnce("k", 1_000), false)
      assert.equal(await storage.isConsumed("k"), false)
    })

    it("are forgotten when their time is over", async ({ storage, pass }) => {
      const now = await presentTime(storage)
      assert.equal(await storage.consumeOnce("brief", now + briefMs), true)
      assert.equal(await storage.consumeOnce("long", now + longMs), true)
      await pass(briefMs)
      assert.equal(await storage.isConsumed("brief"), false)
      assert.equal(await storage.isConsumed("long"), true)
      assert.equal(await storage.consumeOnce("brief", now + longMs), true)
      assert.equal(await storage.consumeOnce("long", now + longMs), false)
    })

    it("are forgotten on demand by whom they concern", async ({ storage }) => {
      const until = (await presentTime(storage)) + longMs
      await storage.consumeOnce("k1", until, ["user:1", "district:1"])
      await storage.consumeOnce("k2", until, ["user:2", "district:1"])
      await storage.consumeOnce("k3", until, ["user:11", "district:11"])
      await storage.consumeOnce("k4", until)
      assert.equal(await storage.forgetConsumed("user:1"), 1)
      assert.equal(await storage.forgetConsumed("user:1"), 0)
      same(await Promise.all(["k1", "k2", "k3", "k4"].map((key) => storage.isConsumed(key))), [
        false,
        true,
        true,
        true,
      ])
      assert.equal(await storage.forgetConsumed("district:1"), 1)
      assert.equal(await storage.forgetConsumed("nobody"), 0)
      assert.equal(await storage.isConsumed("k4"), true)
    })
  })

  describe("session epochs", () => {
    it("are 0 of who has none, and come in the order asked for", async ({ storage }) => {
      same(await storage.getSessionEpochs([]), [])
      same(await storage.getSessionEpochs(["user:1", "district:1"]), [0, 0])
      const epoch = await storage.raiseSessionEpoch("district:1")
      assert.ok(Number.isSafeInteger(epoch) && epoch > 0)
      same(await storage.getSessionEpochs(["district:1", "user:1", "district:1"]), [epoch, 0, epoch])
    })

    it("rise with every call, many at once included", async ({ storage }) => {
      const epochs = [await storage.raiseSessionEpoch("user:1"), await storage.raiseSessionEpoch("user:1")]
      epochs.push(
        ...(await Promise.all(Array.from({ length: 10 }, () => storage.raiseSessionEpoch("user:1")))),
      )
      assert.equal(new Set(epochs).size, epochs.length)
      const last = Math.max(...epochs)
      same(await storage.getSessionEpochs(["user:1"]), [last])
      assert.ok((await storage.raiseSessionEpoch("user:1")) > last)
    })

    it("are as high as the present time at least", async ({ storage, pass }) => {
      const first = await storage.raiseSessionEpoch("user:1")
      await pass(briefMs)
      assert.ok((await storage.raiseSessionEpoch("user:1")) >= first + briefMs - 5)
    })

    it("are forgotten when every time named for them is over, and then rise above what they were", async ({
      storage,
      pass,
    }) => {
      const now = await presentTime(storage)
      await storage.raiseSessionEpoch("brief", now + briefMs)
      const before = await storage.raiseSessionEpoch("brief", now)
      await storage.raiseSessionEpoch("long", now + briefMs)
      await storage.raiseSessionEpoch("long", now + longMs)
      await storage.raiseSessionEpoch("kept", now + briefMs)
      await storage.raiseSessionEpoch("kept")
      await storage.raiseSessionEpoch("kept", now + briefMs)
      await pass(briefMs)
      const epochs = await storage.getSessionEpochs(["brief", "long", "kept"])
      same(
        epochs.map((epoch) => epoch > 0),
        [false, true, true],
      )
      assert.ok((await storage.raiseSessionEpoch("brief")) > before)
    })
  })

  describe("what was used once, and session epochs,", () => {
    if (options.reopen !== undefined) {
      it("are still known when the store is opened again", async ({ storage, reopen }) => {
        const until = (await presentTime(storage)) + longMs
        await storage.consumeOnce("k", until, ["user:1"])
        const epoch = await storage.raiseSessionEpoch("user:1", until)
        const again = await reopen()
        assert.equal(await again.consumeOnce("k", until), false)
        same(await again.getSessionEpochs(["user:1"]), [epoch])
        assert.equal(await again.forgetConsumed("user:1"), 1)
      })
    }

    if (options.second !== undefined) {
      it("are the same for two storages on one store", async ({ storage, second }) => {
        const other = await second()
        const until = (await presentTime(storage)) + longMs
        for (let round = 0; round < 10; round++) {
          const answers = await Promise.all(
            [storage, other, storage, other].map((one) => one.consumeOnce(`k${round}`, until)),
          )
          assert.equal(answers.filter(Boolean).length, 1)
          for (const one of [storage, other]) assert.equal(await one.isConsumed(`k${round}`), true)
          const epochs = await Promise.all(
            [storage, other, storage, other].map((one) => one.raiseSessionEpoch("user:1")),
          )
          assert.equal(new Set(epochs).size, 4)
          for (const one of [storage, other]) {
            same(await one.getSessionEpochs(["user:1"]), [Math.max(...epochs)])
          }
        }
      })
    }

    it("are refused by a closed storage", async ({ storage }) => {
      await storage.close()
      await refused(storage.consumeOnce("k", 1), "STORAGE_UNREADABLE")
      await refused(storage.isConsumed("k"), "STORAGE_UNREADABLE")
      await refused(storage.forgetConsumed("user:1"), "STORAGE_UNREADABLE")
      await refused(storage.getSessionEpochs(["user:1"]), "STORAGE_UNREADABLE")
      await refused(storage.raiseSessionEpoch("user:1"), "STORAGE_UNREADABLE")
    })
  })
}

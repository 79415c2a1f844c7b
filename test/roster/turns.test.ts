import { expect, test } from "vitest"
import { Turns } from "../../src/roster/turns.ts"

test("work under one key is done in the order in which it came, also after some that failed", async () => {
  const turns = new Turns()
  const done: string[] = []
  let end = (): void => {}
  const first = turns.take("a", async () => {
    await new Promise<void>((resolve) => {
      end = resolve
    })
    done.push("first")
    throw new Error("first failed")
  })
  const second = turns.take("a", async () => {
    done.push("second")
    return 2
  })
  await turns.take("b", async () => void done.push("other"))
  expect(done).toEqual(["other"])
  end()
  await expect(first).rejects.toThrow("first failed")
  expect(await second).toBe(2)
  expect(done).toEqual(["other", "first", "second"])
})

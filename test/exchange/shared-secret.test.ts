import { expect, test } from "vitest"
import { sharedSecret } from "../../src/exchange/index.ts"
import { ExchangeWorld } from "../support/exchange-world.ts"
import { storageNames } from "../support/roster-world.ts"

test.each(storageNames)(
  "all who ask at once get the same secret, and so does whoever opens the store later, on %s",
  async (name) => {
    const world = new ExchangeWorld(name)
    const ask = (storage = world.storage) => sharedSecret({ storage, name: "console" })
    const secrets = await Promise.all(Array.from({ length: 8 }, () => ask()))
    expect(new Set(secrets).size).toBe(1)
    expect(secrets[0]).toMatch(/^[\w-]{43}$/)
    expect(await ask(world.openStorage())).toBe(secrets[0])
    expect(await sharedSecret({ storage: world.storage, name: "another" })).not.toBe(secrets[0])
  },
)

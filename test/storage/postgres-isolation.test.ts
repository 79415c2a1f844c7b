import { describe, expect, test } from "vitest"
import type { AccountLink } from "../../src/storage/contract.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { onServer, postgresServer, randomSchema } from "../support/postgres.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()

describe.skipIf(typeof server === "string")("on a database with another level of isolation", () => {
  const database = useDatabase(server)

  test.each(["repeatable read", "serializable"])("%s: locks are taken all the same", async (level) => {
    if (typeof server === "string") return
    const name = new URL(database.url).pathname.slice(1)
    await onServer(server, `ALTER DATABASE ${name} SET default_transaction_isolation = '${level}'`)
    const schema = randomSchema()
    const storages = Array.from(
      { length: 6 },
      () => new PostgresStorage({ connectionString: database.url, schema, maxConnections: 2 }),
    )
    // One migrates, and the others find it done.
    await Promise.all(storages.map((storage) => storage.open()))
    const [one, two] = storages as [PostgresStorage, PostgresStorage]
    for (let round = 0; round < 60; round++) {
      const link = (cleverId: string): AccountLink => ({
        issuer: "clever",
        cleverId,
        accountId: `account-${round}`,
        districtId: "d",
        linkedAt: "2026-09-01T06:00:00.000Z",
        linkedBy: "test",
      })
      const claims = await Promise.all([
        one.claimLink(link(`p${round}`), { exclusive: true }),
        two.claimLink(link(`q${round}`), { exclusive: true }),
      ])
      expect(claims.filter(({ claimed }) => claimed)).toHaveLength(1)
    }
    await Promise.all(storages.map((storage) => storage.close()))
  })
})

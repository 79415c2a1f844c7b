import { expect, test } from "vitest"
import {
  type ConnectionState,
  Connections,
  type DistrictDirectory,
  importDistrict,
} from "../../src/entries/exchange.ts"
import { type RosterSource, RosterSync } from "../../src/index.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"

const id = "58a1000000000000000000aa"

/** Fails the test by an unexpected error if anything is asked of Clever. */
const silent: RosterSource & DistrictDirectory = {
  apiVersion: "v3.1",
  recordPages: () => refuse(),
  newestEvent: async () => refuse(),
  eventPages: () => refuse(),
  recordText: async () => refuse(),
  districts: () => refuse(),
}

function refuse(): never {
  throw new Error("Clever was asked")
}

async function importWith(
  state: ConnectionState | undefined,
  mode: "sso" | "sso+provisioning",
): Promise<unknown> {
  const storage = new MemoryStorage()
  await storage.open()
  if (state !== undefined)
    await storage.saveConnection({ districtId: id, name: "", mode, state, steps: [], settings: {} })
  const connections = new Connections({ storage, clever: silent })
  const roster = new RosterSync({ clever: silent, storage })
  try {
    return await importDistrict({ connections, roster, districtId: id, mode: "bulk" })
  } finally {
    const runs = await storage.listRuns({ limit: 10 })
    expect(runs).toHaveLength(state === "active" && mode === "sso+provisioning" ? 1 : 0)
  }
}

test("an import needs a connection", async () => {
  await expect(importWith(undefined, "sso")).rejects.toMatchObject({ code: "CONNECTION_NOT_FOUND" })
})

test.each(["requested", "approved", "paused", "disconnected", "declined"] as const)(
  "an import through a connection that is %s is refused",
  async (state) => {
    await expect(importWith(state, "sso+provisioning")).rejects.toMatchObject({
      code: "CONNECTION_NOT_ACTIVE",
    })
  },
)

test("an import through a connection for sign-in only is refused", async () => {
  await expect(importWith("active", "sso")).rejects.toMatchObject({ code: "CONNECTION_WITHOUT_PROVISIONING" })
})

test("an active connection with provisioning lets the import begin", async () => {
  await expect(importWith("active", "sso+provisioning")).rejects.toMatchObject({ code: "INTERNAL" })
})

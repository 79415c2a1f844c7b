import { nodeCrypto } from "../models/index.ts"
import type { RosterStorage } from "../storage/contract.ts"

const collection = "shared-secrets"

/**
 * A secret that all processes on one storage have in common, made by the first that asks: for what protects, but is no
 * key to anything by itself. It stays the same for as long as the storage does.
 */
export async function sharedSecret({
  storage,
  name,
}: {
  storage: RosterStorage
  name: string
}): Promise<string> {
  await storage.open()
  for (;;) {
    const known = await storage.getDocument(collection, name)
    if (known !== undefined) return (known.value as { secret: string }).secret
    const value = { secret: nodeCrypto().randomBytes(32).toString("base64url") }
    // Of two that make one at the same time the first wins, and both read it.
    await storage.writeDocuments([{ collection, key: name, districtId: null, value, expect: 0 }])
  }
}

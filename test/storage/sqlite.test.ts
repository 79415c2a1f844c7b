import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { describe, it } from "vitest"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { storageContract } from "../../src/testing/index.ts"

let now = Date.now()
const clock = () => now
const paths = new WeakMap<object, string>()

function storageAt(path: string): SqliteStorage {
  const storage = new SqliteStorage({ path, clock })
  paths.set(storage, path)
  return storage
}

function pathOf(storage: object): string {
  const path = paths.get(storage)
  if (path === undefined) throw new Error("not a storage of this file")
  return path
}

storageContract(
  { describe, it },
  {
    name: "SqliteStorage",
    create: () => storageAt(join(mkdtempSync(join(tmpdir(), "homeroom-")), "roster.db")),
    reopen: (closed) => storageAt(pathOf(closed)),
    second: (open) => storageAt(pathOf(open)),
    advanceClock: (ms) => {
      now += ms
    },
    dispose: (closed) => rmSync(dirname(pathOf(closed)), { recursive: true, force: true }),
  },
)

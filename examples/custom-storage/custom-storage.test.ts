/** How a storage adapter is put to the test. What only this one can get wrong is in journal.test.ts. */
// #region kit
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { RosterStorage } from "homeroom"
import { storageContract } from "homeroom/testing"
import { describe, it } from "vitest"
import { JournalStorage } from "./journal-storage.ts"

let now = Date.now()
const clock = () => now
const folders = new WeakMap<RosterStorage, string>()

function open(folder: string): RosterStorage {
  const storage = new JournalStorage({ folder, clock })
  folders.set(storage, folder)
  return storage
}

storageContract(
  { describe, it },
  {
    name: "JournalStorage",
    create: () => open(mkdtempSync(join(tmpdir(), "journal-storage-"))),
    reopen: (closed) => open(folders.get(closed) ?? ""),
    dispose: (closed) => rmSync(folders.get(closed) ?? "", { recursive: true, force: true }),
    advanceClock: (ms) => {
      now += ms
    },
  },
)
// #endregion

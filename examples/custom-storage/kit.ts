/** What the contract kit must know of this adapter. */
// #region kit
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { RosterStorage } from "homeroom"
import type { StorageContractOptions } from "homeroom/testing"
import { JournalStorage } from "./adapter/journal-storage.ts"

let now = Date.now()
const clock = () => now
const folders = new WeakMap<RosterStorage, string>()

function open(folder: string): RosterStorage {
  const storage = new JournalStorage({ folder, clock })
  folders.set(storage, folder)
  return storage
}

export const journalStorage: StorageContractOptions = {
  name: "JournalStorage",
  create: () => open(mkdtempSync(join(tmpdir(), "journal-storage-"))),
  reopen: (closed) => open(folders.get(closed) ?? ""),
  dispose: (closed) => rmSync(folders.get(closed) ?? "", { recursive: true, force: true }),
  advanceClock: (ms) => {
    now += ms
  },
}
// #endregion

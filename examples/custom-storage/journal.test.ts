/** What can happen to the file of this adapter: the kit knows nothing of files. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { JournalStorage } from "./adapter/journal-storage.ts"

const open = (folder: string) => new JournalStorage({ folder })

describe("the journal", () => {
  const request = { districtId: "58da8c63d7dc0ca068000414", holder: "host:1", ttlMs: 600_000 }

  /** A store with one lease in it, closed again. */
  async function prepare(): Promise<{ folder: string; file: string }> {
    const folder = mkdtempSync(join(tmpdir(), "journal-storage-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const storage = open(folder)
    await storage.open()
    await storage.acquireLease(request)
    await storage.close()
    return { folder, file: join(folder, "journal.jsonl") }
  }

  async function fenceIn(folder: string): Promise<number | undefined> {
    const storage = open(folder)
    await storage.open()
    const lease = await storage.getLease(request.districtId)
    await storage.close()
    return lease?.fence
  }

  it("leaves out a transaction that was cut short anywhere, and goes on after it", async () => {
    const { folder, file } = await prepare()
    const before = readFileSync(file)
    const storage = open(folder)
    await storage.open()
    await storage.consumeOnce("once", Date.now() + 60_000, ["user:Zoë 🏫"])
    await storage.close()
    const after = readFileSync(file)
    for (let size = before.length; size < after.length; size++) {
      writeFileSync(file, after.subarray(0, size))
      const torn = open(folder)
      await torn.open()
      expect(await torn.isConsumed("once")).toBe(false)
      expect(await torn.consumeOnce("later", Date.now() + 60_000)).toBe(true)
      await torn.close()
      const again = open(folder)
      await again.open()
      expect([await again.isConsumed("once"), await again.isConsumed("later")]).toEqual([false, true])
      await again.close()
    }
    expect(await fenceIn(folder)).toBe(1)
  })

  it("takes back in memory what it could not write", async () => {
    const { folder, file } = await prepare()
    const storage = open(folder)
    await storage.open()
    // Where the new file would have to be made.
    writeFileSync(`${file}.new`, "")
    const lease = { ...request, fence: 1 }
    const erased = storage.erase(lease, { districtId: request.districtId })
    await expect(erased).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" })
    expect(await storage.getLease(request.districtId)).toMatchObject({ fence: 1 })
    await storage.erase(lease, { districtId: request.districtId })
    await storage.close()
    expect(readFileSync(file, "utf8")).not.toContain(request.districtId)
  })

  it("removes a rewriting that was cut short, which may hold what was erased since", async () => {
    const { folder, file } = await prepare()
    appendFileSync(`${file}.new`, "{}\n")
    expect(await fenceIn(folder)).toBe(1)
    expect(existsSync(`${file}.new`)).toBe(false)
  })

  it("refuses a file of a later format, and one that is damaged before its end", async () => {
    const { folder, file } = await prepare()
    const text = readFileSync(file, "utf8")
    writeFileSync(file, text.replace('{"format":1}', '{"format":2}'))
    await expect(open(folder).open()).rejects.toMatchObject({ code: "STORAGE_SCHEMA_NEWER" })
    writeFileSync(file, text.replace('["leases"', '["leases'))
    await expect(open(folder).open()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" })
  })

  it("is written anew when most of it is past", async () => {
    const { folder, file } = await prepare()
    const storage = open(folder)
    await storage.open()
    const write = { collection: "notes", key: "1", districtId: null, value: 1 }
    await storage.writeDocuments(Array.from({ length: 1_100 }, () => write))
    await storage.close()
    const size = readFileSync(file).length
    expect(await fenceIn(folder)).toBe(1)
    expect(readFileSync(file).length).toBeLessThan(size / 100)
    const again = open(folder)
    await again.open()
    expect(await again.getDocument("notes", "1")).toMatchObject({ revision: 1_100 })
    await again.close()
  })
})

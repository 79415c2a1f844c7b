import { defineConfig } from "tsup"
import { commandEntries, publicEntries } from "./scripts/entries.ts"

const imported = Object.fromEntries(publicEntries.map(({ name, source }) => [name, source]))
const commands = Object.fromEntries(commandEntries.map(({ name, source }) => [name, source]))

// Started by file name, not imported.
const threads = { "storage/sqlite/writer-thread": "src/storage/sqlite/writer-thread.ts" }

export default defineConfig({
  entry: { ...imported, ...commands, ...threads },
  format: "esm",
  target: "node22",
  platform: "node",
  // Code shared by two entries goes into a chunk of its own, so that there is one HomeroomError class.
  splitting: true,
  sourcemap: true,
  clean: true,
  dts: { entry: imported },
  // `node:sqlite` exists only with its prefix.
  removeNodeProtocol: false,
})

import { setFlagsFromString } from "node:v8"

/**
 * Keeps the heap small. Pages are large and short-lived; left to itself the heap grows to many times what is
 * alive in it. Saves 100 MiB of an import's peak for a tenth more time.
 */
export function saveMemory(): void {
  setFlagsFromString("--semi-space-growth-factor=1")
  setFlagsFromString("--heap-growing-percent=10")
}

import { kinds } from "../../models/index.ts"
import type { RecordPosition } from "../../roster/index.ts"

/** See {@link readPosition}. */
export function writePosition({ kind, id }: RecordPosition): string {
  return `${kind}:${id}`
}

/** Where a list goes on, as it stands in an address: a kind and an id; undefined for anything else. */
export function readPosition(given: string | null): RecordPosition | undefined {
  const [, name, id] = /^([a-z]+):(.{0,100})$/.exec(given ?? "") ?? []
  const kind = kinds.find((one) => one === name)
  return kind === undefined || id === undefined ? undefined : { kind, id }
}

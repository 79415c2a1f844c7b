import { kinds } from "../../models/index.ts"
import type { ChangePosition } from "../../roster/index.ts"

/** See {@link readPosition}. */
export function writePosition({ kind, id }: ChangePosition): string {
  return `${kind}:${id}`
}

/** Where a list goes on, as it stands in an address: a kind and an id; undefined for anything else. */
export function readPosition(given: string | null): ChangePosition | undefined {
  const [, name, id] = /^([a-z]+):(.{0,100})$/.exec(given ?? "") ?? []
  const kind = kinds.find((one) => one === name)
  return kind === undefined || id === undefined ? undefined : { kind, id }
}

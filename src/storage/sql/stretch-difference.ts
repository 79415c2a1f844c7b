import type { StretchQuery } from "../contract.ts"

/** Where more than one in so many records differs, listing them all is quicker. */
const differingShare = 8

/** A stored stretch as two long texts, in ascending id. */
export interface StoredStretch {
  /** The raw fingerprints one after the other. */
  readonly raws: string
  /** Of each record `1` or `0`, for active or not, and its id; a space between two. */
  readonly rows: string
}

/** Of each of the query's `ids` whether it is stored as the query says, and the ids of all other stored records. */
export interface DifferingIds {
  readonly same: Uint8Array
  readonly differing: string[]
}

/** True if so many records with fingerprints of so many characters can be compared with the query's. */
export function isComparable(stored: string, count: number, { raws }: Pick<StretchQuery, "raws">): boolean {
  // Other widths are of another scope: then everything differs.
  return count > 0 && stored.length === count * (raws[0]?.length ?? 0)
}

/**
 * The same of a stretch that has as many records as the query has ids, all of them active, if it differs only in what
 * single records say: then what is at the same place is of the same id. That is so exactly if all of `differing` turn
 * out to be stored; undefined where more than a few differ.
 */
export function differenceInPlace(
  raws: string,
  query: Pick<StretchQuery, "ids" | "raws">,
): DifferingIds | undefined {
  const width = query.raws[0]?.length ?? 0
  const same = new Uint8Array(query.ids.length)
  const differing: string[] = []
  for (const [index, raw] of query.raws.entries()) {
    if (raws.startsWith(raw, index * width)) same[index] = 1
    else differing.push(query.ids[index] ?? "")
    if (differing.length * differingShare > query.ids.length) return undefined
  }
  return { same, differing }
}

/** How a stretch differs from what the query says of it; undefined where too much does. */
export function differenceOf(
  stored: StoredStretch,
  { ids, raws }: Pick<StretchQuery, "ids" | "raws">,
): DifferingIds | undefined {
  const width = raws[0]?.length ?? 0
  const same = new Uint8Array(ids.length)
  const differing: string[] = []
  let index = 0
  for (const [at, row] of stored.rows.split(" ").entries()) {
    const isSame = (): boolean =>
      row.startsWith("1") && raws[index] === stored.raws.slice(at * width, (at + 1) * width)
    if (!isSame()) {
      const id = row.slice(1)
      while (index < ids.length && (ids[index] ?? "") < id) index++
      if (ids[index] !== id || !isSame()) {
        if (ids[index] === id) index++
        differing.push(id)
        if (differing.length * differingShare > ids.length) return undefined
        continue
      }
    }
    same[index++] = 1
  }
  return { same, differing }
}

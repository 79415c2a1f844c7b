/** How a stored row reads without any mention of an id, and what of it counts as a content. */
import { stripContent, stripReferences } from "homeroom/storage"
import { type ChangeRow, contentOf, type RejectionRow, type StagedRow } from "./commit-tables.ts"

export interface Erased {
  readonly districtId: string
  readonly id: string
}

export function strippedStaged(row: StagedRow, erased: Erased): StagedRow | undefined {
  if (row.action === "reject") return strippedRejection(row, erased)
  const content = contentOf(row)
  const stripped = content && stripContent(row.kind, content, erased)
  if (stripped === undefined) return undefined
  return row.action === "archive" ? { ...row, content: stripped } : ({ ...row, ...stripped } as StagedRow)
}

export function strippedRejection<Row extends { readonly data: string }>(
  row: Row,
  { id }: Erased,
): Row | undefined {
  const data = stripReferences(row.data, id)
  return data === undefined ? undefined : { ...row, data }
}

export function strippedChange(row: ChangeRow, { id }: Erased): ChangeRow | undefined {
  const [before, after] = [row.before, row.after].map((data) => data && stripReferences(data, id))
  if ((before ?? undefined) === undefined && (after ?? undefined) === undefined) return undefined
  return { ...row, before: before ?? row.before, after: after ?? row.after }
}

/** The contents that go with a row: a log's content before is another row's content after. */
export function countContents(row: StagedRow | ChangeRow | RejectionRow): number {
  if ("after" in row) return row.after === null ? 0 : 1
  if ("data" in row) return 1
  return contentOf(row) === undefined ? 0 : 1
}

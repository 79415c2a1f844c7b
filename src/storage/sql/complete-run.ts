import type { Run } from "../contract.ts"

/** The fields that runs of schema version 2 and before were saved without. */
type Added =
  | "purpose"
  | "plan"
  | "approval"
  | "decision"
  | "splitFrom"
  | "undoes"
  | "version"
  | "archivedBySchool"

/**
 * A run as it was saved, with what its time did not know. `version` is the district's version after its commit, which
 * a database has beside the document.
 */
export function completeRun(document: string, version: number | null): Run {
  const saved = JSON.parse(document) as Omit<Run, Added> & Partial<Pick<Run, Added>>
  return {
    purpose: "import",
    plan: null,
    approval: null,
    decision: null,
    splitFrom: null,
    undoes: null,
    version,
    archivedBySchool: {},
    ...saved,
  }
}

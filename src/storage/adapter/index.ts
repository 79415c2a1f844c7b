/**
 * What storage adapters share, for those that an app writes itself: `docs/storage-adapters.md` tells how.
 *
 * @packageDocumentation
 */

export { hideReferences } from "../../models/hide-references.ts"
export { Mention } from "../../models/mention.ts"
export { type StrippedContent, stripContent } from "../../models/strip-content.ts"
export { stripReferences } from "../../models/strip-references.ts"
export { requireSameConnection } from "../contract/connections.ts"
export type * from "../contract.ts"
export { type HiddenRun, hideInRun } from "./hide-in-run.ts"
export { fits, type Lookup, lookupOf } from "./lookup.ts"
export { traceFinder } from "./trace-finder.ts"

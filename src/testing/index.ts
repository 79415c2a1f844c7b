/**
 * The suite that tells whether a storage adapter is one: `storageContract`.
 *
 * @packageDocumentation
 */

import { archivedContentChapter } from "./archived-content.ts"
import { changeLogChapter } from "./change-log.ts"
import { commitChapter } from "./commit.ts"
import { commitsChapter } from "./commits.ts"
import { concurrencyChapter } from "./concurrency.ts"
import { connectionsChapter } from "./connections.ts"
import { countingTracesChapter } from "./counting-traces.ts"
import { documentRevisionsChapter } from "./document-revisions.ts"
import { documentsChapter } from "./documents.ts"
import { durabilityChapter } from "./durability.ts"
import { erasingChapter } from "./erasing.ts"
import { erasingDistrictsChapter } from "./erasing-districts.ts"
import { fencingChapter } from "./fencing.ts"
import { findingChapter } from "./finding.ts"
import { leasesChapter } from "./leases.ts"
import { linksChapter } from "./links.ts"
import { openingChapter } from "./opening.ts"
import { overridesChapter } from "./overrides.ts"
import { purgingChapter } from "./purging.ts"
import { randomDaysChapter } from "./random-days.ts"
import { readingChapter } from "./reading.ts"
import { runsChapter } from "./runs.ts"
import { sessionsChapter } from "./sessions.ts"
import { stagingChapter } from "./staging.ts"
import { type ContractRunner, createSuite, type StorageContractOptions } from "./suite.ts"
import { transactionsChapter } from "./transactions.ts"
import { writtenWithCommitChapter } from "./written-with-commit.ts"

export type { ContractRunner, StorageContractOptions } from "./suite.ts"

/**
 * Defines the tests that every storage adapter must pass, under `describe("storage contract: NAME")`.
 *
 * The runner is passed in, so that the kit depends on none:
 *
 * ```ts
 * import { describe, it } from "vitest"
 * storageContract({ describe, it }, { name: "mine", create: () => new MyStorage() })
 * ```
 *
 * Never throws: what an adapter does wrong fails a test. Assertions are those of `node:assert`. Pass `reopen` for a durable adapter, `second` for a shared one: an
 * adapter that declares the capability fails without. The tests with random days take their seed from
 * `HOMEROOM_TEST_SEED` and print it when they fail. Everything together takes well under a second in memory,
 * and a few thousand transactions.
 */
export function storageContract(runner: ContractRunner, options: StorageContractOptions): void {
  const suite = createSuite(runner, options)
  suite.describe(`storage contract: ${options.name}`, () => {
    openingChapter(suite)
    connectionsChapter(suite)
    documentsChapter(suite)
    documentRevisionsChapter(suite)
    overridesChapter(suite)
    linksChapter(suite)
    sessionsChapter(suite)
    leasesChapter(suite)
    fencingChapter(suite)
    runsChapter(suite)
    stagingChapter(suite)
    commitChapter(suite)
    archivedContentChapter(suite)
    commitsChapter(suite)
    transactionsChapter(suite)
    writtenWithCommitChapter(suite)
    readingChapter(suite)
    findingChapter(suite)
    changeLogChapter(suite)
    erasingChapter(suite)
    erasingDistrictsChapter(suite)
    countingTracesChapter(suite)
    purgingChapter(suite)
    randomDaysChapter(suite)
    concurrencyChapter(suite)
    durabilityChapter(suite)
  })
}

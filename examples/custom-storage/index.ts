/**
 * A storage adapter from scratch, and the suite that tells whether it is one: `npm start -- custom-storage`
 *
 * Write the parts in this order; each stands on the ones before. They are in the folder `journal-storage`:
 *
 * 1. transactions and tables: journal.ts, tables.ts
 * 2. connections, overrides, documents: app-tables.ts
 * 3. links, keys that can be used once, session epochs: login-tables.ts
 * 4. leases, then runs: run-tables.ts
 * 5. reading the roster: roster-tables.ts
 * 6. staging and committing, the log of changes: commit-tables.ts
 * 7. erasing, purging, counting traces: journal-storage.ts, stripped-rows.ts
 *
 * Run the suite from the beginning: `node --test-name-pattern=leases examples/custom-storage/index.ts` runs one chapter.
 */
// #region run
import { describe, it } from "node:test"
import { storageContract } from "homeroom/testing"
import { journalStorage } from "./kit.ts"

storageContract({ describe, it }, journalStorage)
// #endregion

/**
 * A storage adapter from scratch, and the suite that tells whether it is one: `npm start -- custom-storage`
 *
 * `store` stands for what a database gives you: transactions over several tables, and rows in the order of their keys.
 * `adapter` is what there is to write, in this order; each part stands on the ones before:
 *
 * 1. app-tables.ts: connections, overrides, documents
 * 2. login-tables.ts: links, keys that can be used once, session epochs
 * 3. run-tables.ts: leases, then runs
 * 4. roster-tables.ts: reading the roster
 * 5. commit-tables.ts: staging and committing, the log of changes
 * 6. journal-storage.ts, stripped-rows.ts: erasing, purging, counting traces
 *
 * Run the suite from the beginning, a chapter at a time: node --test-name-pattern=leases examples/custom-storage/index.ts
 */
// #region run
import { describe, it } from "node:test"
import { storageContract } from "homeroom/testing"
import { journalStorage } from "./kit.ts"

storageContract({ describe, it }, journalStorage)
// #endregion

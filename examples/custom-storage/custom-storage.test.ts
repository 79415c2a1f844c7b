/** How a storage adapter is put to the test. What only this one can get wrong is in journal.test.ts. */
import { storageContract } from "homeroom/testing"
import { describe, it } from "vitest"
import { journalStorage } from "./kit.ts"

storageContract({ describe, it }, journalStorage)

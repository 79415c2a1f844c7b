/** How a storage adapter is put to the test. */
// #region kit
import { storageContract } from "homeroom/testing"
import { describe, it } from "vitest"
import { MyStorage } from "./my-storage.ts"

let now = Date.now()

storageContract(
  { describe, it },
  {
    name: "MyStorage",
    create: () => new MyStorage({ clock: () => now }),
    advanceClock: (ms) => {
      now += ms
    },
  },
)
// #endregion

/** Stands for a storage adapter of your own: it implements `RosterStorage`. Here it is the one in memory. */
import { MemoryStorage } from "homeroom/memory"

export class MyStorage extends MemoryStorage {
  override readonly name: string = "mine"
}

import { createConsole } from "../../src/console/index.ts"
import { Connections, Imports, InProcessQueue } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/roster-sync.ts"
import type { RosterStorage } from "../../src/storage/contract.ts"
import { apiPath } from "../district/page-set.ts"
import { databaseAt, removeDatabase, storageAt } from "../subjects/databases.ts"
import { withRoster } from "../subjects/homeroom.ts"
import type { ConsolePages, MeasureTask, ServedDistrict } from "../tasks.ts"
import { timed } from "./stopwatch.ts"

type PagesTask = Extract<MeasureTask, { task: "console-pages" }>

const warmUps = 5
/** How far into the list of people the late page is. */
const lateAt = 0.9

/** Opens the details of a first import of each district in turn: the first page of its changes, and a late one. */
export async function measureConsolePages({ districts, rounds, folder }: PagesTask): Promise<ConsolePages> {
  const pages: ConsolePages = {}
  const opened: {
    storage: RosterStorage
    users: number
    first: () => Promise<void>
    late: () => Promise<void>
  }[] = []
  for (const district of districts) {
    const { origin, users, districtId } = district
    const database = databaseAt(folder, `console-${users}`)
    const apiUrl = origin + apiPath(users)
    await withRoster(database, (importDistrict) => importDistrict({ apiUrl, districtId }))
    const storage = storageAt(database)
    await storage.open()
    opened.push({ storage, users, ...(await pagesOf(storage, district)) })
    pages[users] = { changes: district.records, first: [], late: [] }
  }
  for (let round = 0; round < warmUps + rounds; round++) {
    for (const { users, first, late } of opened) {
      const taken = { first: await timed(first), late: await timed(late) }
      if (round < warmUps) continue
      pages[users]?.first.push(taken.first)
      pages[users]?.late.push(taken.late)
    }
  }
  for (const { storage, users } of opened) {
    await storage.close()
    await removeDatabase(databaseAt(folder, `console-${users}`))
  }
  return pages
}

async function pagesOf(
  storage: RosterStorage,
  { districtId, users }: ServedDistrict,
): Promise<{ first: () => Promise<void>; late: () => Promise<void> }> {
  const clever = {
    async *districts() {
      yield { id: districtId, name: "Bench" }
    },
  }
  const connections = new Connections({ storage, clever })
  await connections.connect(districtId, { mode: "sso+provisioning", by: "bench" })
  const roster = new RosterSync({ storage, clever: noSource })
  const imports = new Imports({ storage, connections, roster, queue: new InProcessQueue({ storage }) })
  const console = createConsole({
    authorize: () => ({ actor: "bench", can: ["admin"] }),
    storage,
    connections,
    roster,
    imports,
  })
  const [run] = await storage.listRuns({ districtId, limit: 1 })
  const path = `http://localhost/districts/${districtId}/history/${run?.id}?kind=user`
  const open = async (address: string, mark: string): Promise<void> => {
    const response = await console.fetch(new Request(address))
    const page = await response.text()
    if (response.status !== 200 || !page.includes(mark))
      throw new Error(`${address} answered ${response.status}.`)
  }
  const [lateId, nextId] = await lateIds(storage, districtId, Math.floor(users * lateAt))
  return {
    first: () => open(path, "Next page"),
    late: () => open(`${path}&after=user:${lateId}`, nextId),
  }
}

/** The Clever ids of the person at a place of the list, and of the next one. */
async function lateIds(storage: RosterStorage, districtId: string, place: number): Promise<[string, string]> {
  let after = ""
  for (let passed = 0; passed < place; ) {
    const limit = Math.min(1_000, place - passed)
    const page = await storage.listRecords({ districtId, kind: "user", after, limit })
    after = page.at(-1)?.id ?? ""
    passed += page.length
    if (page.length < limit) throw new Error(`The district has no ${place} people.`)
  }
  const [next] = await storage.listRecords({ districtId, kind: "user", after, limit: 1 })
  return [after, next?.id ?? ""]
}

/** The pages that are measured ask Clever for nothing. */
const noSource = new Proxy({} as ConstructorParameters<typeof RosterSync>[0]["clever"], {
  get: () => {
    throw new Error("The console asked Clever for something.")
  },
})

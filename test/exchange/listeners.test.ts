import { expect, onTestFinished, test } from "vitest"
import { AccountMatching } from "../../src/entries/accounts.ts"
import { Connections, Discovery, importDistrict } from "../../src/entries/exchange.ts"
import { MatchingWorld } from "../roster/matching/matching-world.ts"
import { districtId, ExchangeWorld } from "../support/exchange-world.ts"
import { RosterWorld } from "../support/roster-world.ts"

const one = districtId(1)

function fails(): never {
  throw new Error("the listener is broken")
}

test("S30 an import ends as it would where the listener for its progress throws", async () => {
  const world = new RosterWorld()
  expect(await world.bulk({ onProgress: fails })).toMatchObject({ state: "applied" })
})

test("S26 a matching ends as it would where its listeners throw", async () => {
  const world = await MatchingWorld.start()
  world.accounts = [{ unusable: "role-unknown", line: 2 }]
  const result = await world.match({ onProgress: fails, onProblem: fails })
  expect(result.accounts.problems).toEqual({ "role-unknown": 1 })
})

test("S26 an import is the same where whoever hears of its matching throws", async () => {
  const { connections, roster, storage } = new ExchangeWorld()
  await connections.connect(one, { mode: "sso+provisioning", by: "ada" })
  const matching = new AccountMatching({ storage })
  const about = { connections, roster, districtId: one, mode: "bulk" } as const
  expect(await importDistrict({ ...about, matching, onMatched: fails })).toMatchObject({ state: "applied" })
})

test("S29 the queue tries again what failed where the listener for failures throws", async () => {
  const world = new ExchangeWorld()
  await world.connections.connect(one, { mode: "sso+provisioning", by: "ada" })
  const queue = world.anotherQueue({ onError: fails })
  await queue.add({ districtId: one, mode: "bulk", reason: "requested", requestedBy: "ada" })
  const work = await queue.work(async () => fails())
  await work.stop()
  expect(await queue.list()).toMatchObject([{ districtId: one, state: "waiting" }])
})

test("S29 a look for districts ends as it would where its listeners throw", async () => {
  const { connections, storage } = new ExchangeWorld()
  const clever = {
    async *districtTokens() {
      yield { districtId: one }
    },
    async *districts() {
      yield* []
    },
  }
  const apps = [{ name: "default", clever }]
  const discovery = new Discovery({ storage, connections, apps, onEvent: fails, onReport: fails })
  expect(await discovery.poll()).toMatchObject([{ found: [one], error: null }])
})

test("listeners that are async and reject break nothing: their rejection is not left unhandled", async () => {
  const rejects = async () => fails()
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on("unhandledRejection", note)
  onTestFinished(() => void process.off("unhandledRejection", note))
  const { storage, clever, now } = new ExchangeWorld()
  const connections = new Connections({ storage, clever, clock: now, onStep: rejects })
  await connections.connect(one, { mode: "sso+provisioning", by: "ada" })
  const roster = new RosterWorld({ roster: { onEvent: rejects } })
  expect(await roster.bulk({ onProgress: rejects })).toMatchObject({ state: "applied" })
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(unhandled).toEqual([])
})

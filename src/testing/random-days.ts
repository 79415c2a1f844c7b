import { type Kind, kinds } from "../models/index.ts"
import type { Action, RosterStorage, StagedChange } from "../storage/contract.ts"
import { all, changesOf, fingerprint, inPages, refused, same, stagedCounts, stagedIds } from "./checks.ts"
import {
  archiveAs,
  away,
  ended,
  everyAction,
  home,
  makeCursor,
  makeRun,
  mark,
  orderedIds,
  put,
  reject,
  takeLease,
} from "./fixtures.ts"
import { type ModelLog, RosterModel } from "./roster-model.ts"
import { type Random, withSeed } from "./seeded-random.ts"
import type { Suite } from "./suite.ts"

const days = 80

export function randomDaysChapter({ describe, it }: Suite): void {
  describe("random days", () => {
    it(`agree with a plain model over ${days} imports of two districts`, ({ storage }) =>
      withSeed(async (random) => {
        const models = [new RosterModel(home), new RosterModel(away)]
        const logs = new Map<string, ModelLog>()
        for (let day = 0; day < days; day++) {
          const model = random.pick(models)
          const runId = `run-${day}`
          logs.set(runId, await importDay(storage, model, runId, random))
          await compareRoster(storage, model, random)
        }
        for (const model of models) {
          await compareRoster(storage, model, random)
          same(await storage.listCommits({ districtId: model.districtId, limit: all }), model.commits)
        }
        for (const [runId, log] of logs) {
          same(await changesOf(storage, runId), log.changes)
          same(await storage.listRejections({ runId, limit: all }), log.rejections)
        }
      }))
  })
}

async function importDay(
  storage: RosterStorage,
  model: RosterModel,
  runId: string,
  random: Random,
): Promise<ModelLog> {
  const { districtId, version } = model
  const lease = await takeLease(storage, districtId)
  const run = makeRun({ id: runId, districtId, basis: version, fence: lease.fence })
  const staged = new Map<string, StagedChange>()
  for (let batch = random.below(4); batch >= 0; batch--) {
    const changes = randomChanges(model, random, `${runId}-${batch}`)
    await storage.stage(lease, { run, changes })
    for (const change of changes) staged.set(`${change.kind} ${change.id}`, change)
  }
  await compareStaged(storage, model, runId, [...staged.values()])

  let log: ModelLog = { changes: [], rejections: [] }
  const cursor = random.chance(0.8) ? makeCursor(`event-${runId}`) : null
  const actions = random.chance(0.7) ? everyAction : random.some(everyAction, 0.6)
  if (random.chance(0.2)) {
    const end = { run: ended(run), basis: version + random.pick([-1, 1, 2]), cursor, actions }
    await refused(storage.commit(lease, end), "PLAN_STALE")
    await compareStaged(storage, model, runId, [...staged.values()])
  }
  if (random.chance(0.15)) {
    await storage.discardStaged(lease, ended(run, "discarded"))
  } else {
    await storage.commit(lease, { run: ended(run), basis: version, cursor, actions })
    log = model.commit({ runId, staged: [...staged.values()], actions, cursor })
  }
  await storage.releaseLease(lease)
  return log
}

/** Changes that fit the records as they are; now and then two of one record. */
function randomChanges(model: RosterModel, random: Random, text: string): StagedChange[] {
  const changes: StagedChange[] = []
  for (const kind of random.some<Kind>(kinds, 0.5)) {
    for (const id of random.some([...orderedIds, ...orderedIds], random.pick([0.02, 0.2, 0.5]))) {
      changes.push(randomChange(model, random, kind, id, `${text}-${changes.length}`))
    }
  }
  return changes.sort(() => random.next() - 0.5)
}

const fitting: Readonly<Record<"active" | "archived" | "none", readonly Action[]>> = {
  active: ["update", "update", "archive", "refresh", "unchanged", "reject"],
  archived: ["restore", "restore", "unchanged", "reject"],
  none: ["create", "create", "create", "unchanged", "reject"],
}

function randomChange(
  model: RosterModel,
  random: Random,
  kind: Kind,
  id: string,
  text: string,
): StagedChange {
  const action = random.pick(fitting[model.record(kind, id)?.state ?? "none"])
  if (action === "reject") return reject(kind, id, text)
  if (action === "archive" && random.chance(0.4)) return archiveAs(kind, id, text)
  return action === "archive" || action === "unchanged" ? mark(action, kind, id) : put(action, kind, id, text)
}

async function compareStaged(
  storage: RosterStorage,
  model: RosterModel,
  runId: string,
  staged: readonly StagedChange[],
): Promise<void> {
  const counts: Record<string, number> = {}
  for (const { kind, action } of staged) {
    const name = `${kind} ${action}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  same(await stagedCounts(storage, runId), counts)
  for (const kind of kinds) {
    const ids = staged.filter((change) => change.kind === kind).map((change) => change.id)
    same(await stagedIds(storage, runId, kind), ids.sort())
  }
  const preview = model.preview(staged, everyAction)
  same(await changesOf(storage, runId), preview.changes)
  same(await storage.listRejections({ runId, limit: all }), preview.rejections)
}

async function compareRoster(storage: RosterStorage, model: RosterModel, random: Random): Promise<void> {
  const { districtId } = model
  same(await storage.getDistrict(districtId), model.head())
  for (const kind of kinds) {
    const records = model.records(kind)
    const limit = random.pick([1, 3, 10, 100])
    const listed = await inPages<{ id: string }>(limit, (last) =>
      storage.listRecords({ districtId, kind, after: last?.id, limit }),
    )
    same(listed, records)
    const after = random.pick(["", ...orderedIds])
    const upTo = random.pick(orderedIds)
    const fingerprints = await storage.listFingerprints({ districtId, kind, after, upTo, limit })
    same(
      fingerprints.map(fingerprint),
      records
        .filter((one) => one.id > after && one.id <= upTo)
        .slice(0, limit)
        .map(fingerprint),
    )
  }
}

import { kinds } from "../models/index.ts"
import type { LoggedAction, LoggedChange, Rejection, RosterStorage } from "../storage/contract.ts"
import { all, changesOf, inPages, same } from "./checks.ts"
import {
  away,
  ended,
  everyAction,
  importChanges,
  makeRun,
  mark,
  orderedIds,
  put,
  reject,
  takeLease,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const text = (id: string, content: string): string => JSON.stringify({ id, text: content })

const changes = [
  put("create", "user", "new", "second"),
  put("update", "user", "kept", "second"),
  put("restore", "user", "back", "second"),
  mark("archive", "user", "gone"),
  put("refresh", "user", "stamped", "second"),
  mark("unchanged", "user", "same"),
  reject("user", "bad"),
]

const logged: readonly LoggedChange[] = [
  {
    kind: "user",
    id: "back",
    action: "restore",
    before: text("back", "first"),
    after: text("back", "second"),
  },
  { kind: "user", id: "gone", action: "archive", before: text("gone", "first"), after: null },
  {
    kind: "user",
    id: "kept",
    action: "update",
    before: text("kept", "first"),
    after: text("kept", "second"),
  },
  { kind: "user", id: "new", action: "create", before: null, after: text("new", "second") },
]

/** A roster that `changes` are changes of, at version 2. */
async function prepare(storage: RosterStorage): Promise<void> {
  const known = ["kept", "back", "gone", "stamped", "same"].map((id) => put("create", "user", id))
  await importChanges(storage, known, { runId: "run-a" })
  await importChanges(storage, [mark("archive", "user", "back")], { runId: "run-b" })
}

const loggedActions: readonly LoggedAction[] = ["create", "update", "restore", "archive"]

const wantedActions: readonly (readonly LoggedAction[] | undefined)[] = [
  undefined,
  [],
  ...loggedActions.map((action) => [action]),
  ["update", "archive"],
  ["create", "restore"],
]

export function changeLogChapter({ describe, it }: Suite): void {
  describe("the change log", () => {
    it("has each record's content before and after; refreshes, markers and rejections are not in it", async ({
      storage,
    }) => {
      await prepare(storage)
      await importChanges(storage, changes)
      same(await changesOf(storage, "run-1"), logged)
    })

    it("shows the same of a run not yet ended", async ({ storage }) => {
      await prepare(storage)
      const lease = await takeLease(storage)
      const run = makeRun({ basis: 2 })
      await storage.stage(lease, { run, changes })
      same(await changesOf(storage, run.id), logged)
      await storage.saveRun(lease, { ...run, state: "planned" })
      same(await changesOf(storage, run.id), logged)
      same((await storage.listRejections({ runId: run.id, limit: all })).length, 1)
      await storage.commit(lease, { run: ended(run), basis: 2, cursor: null, actions: everyAction })
      same(await changesOf(storage, run.id), logged)
    })

    it("drops the changes that the commit left out", async ({ storage }) => {
      await prepare(storage)
      await importChanges(storage, changes, { actions: ["create", "update"] })
      same(
        await changesOf(storage, "run-1"),
        logged.filter((one) => one.action === "create" || one.action === "update"),
      )
    })

    it("keeps what each run changed, through later changes of the same record", async ({ storage }) => {
      const steps = [
        put("create", "user", "a", "1"),
        put("update", "user", "a", "2"),
        put("refresh", "user", "a", "3"),
        put("update", "user", "a", "4"),
        mark("archive", "user", "a"),
        put("restore", "user", "a", "4"),
      ]
      for (const [index, change] of steps.entries()) {
        await importChanges(storage, [change], { runId: `run-${index}` })
      }
      const seen = await Promise.all(steps.map((_, index) => changesOf(storage, `run-${index}`)))
      same(
        seen.flat().map((one) => [one.action, one.before, one.after]),
        [
          ["create", null, text("a", "1")],
          ["update", text("a", "1"), text("a", "2")],
          ["update", text("a", "3"), text("a", "4")],
          ["archive", text("a", "4"), null],
          ["restore", text("a", "4"), text("a", "4")],
        ],
      )
    })

    it("knows nothing of an unknown run", async ({ storage }) => {
      await importChanges(storage, [put("create", "user", "a"), reject("user", "b")])
      same(await changesOf(storage, "unknown"), [])
      same(await storage.listRejections({ runId: "unknown", limit: all }), [])
    })

    it("keeps the content before apart from another district's record of the same id", async ({
      storage,
    }) => {
      await importChanges(storage, [put("create", "user", "a", "away")], { runId: "run-a", districtId: away })
      await importChanges(storage, [put("create", "user", "a", "home")], { runId: "run-b" })
      await importChanges(storage, [put("update", "user", "a", "second")])
      const [change] = await changesOf(storage, "run-1")
      same(change?.before, text("a", "home"))
    })

    for (const view of ["staged", "committed"] as const) {
      it(`lists ${view} changes in kind order, then by id in code unit order, page by page`, async ({
        storage,
      }) => {
        await prepareAllKinds(storage, view)
        const expected = expectedLog()
        same((await changesOf(storage, "run-1")).map(keyOf), expected.map(keyOf))
        for (const limit of [1, 5]) {
          const paged = await inPages<LoggedChange>(limit, (after) =>
            storage.listChanges({ runId: "run-1", after, limit }),
          )
          same(paged.map(keyOf), expected.map(keyOf))
        }
      })

      it(`lists ${view} changes of one kind, of some actions and of both`, async ({ storage }) => {
        await prepareAllKinds(storage, view)
        for (const kind of [undefined, ...kinds]) {
          for (const actions of wantedActions) {
            const expected = expectedLog().filter(
              (one) => (kind ?? one.kind) === one.kind && (actions ?? loggedActions).includes(one.action),
            )
            const query = { runId: "run-1", kind, actions }
            same((await storage.listChanges({ ...query, limit: all })).map(keyOf), expected.map(keyOf))
            const paged = await inPages<LoggedChange>(2, (after) =>
              storage.listChanges({ ...query, after, limit: 2 }),
            )
            same(paged.map(keyOf), expected.map(keyOf))
          }
        }
      })

      it(`begins after any ${view} change, stored or not`, async ({ storage }) => {
        await prepareAllKinds(storage, view)
        for (const after of [
          { kind: "district", id: "" },
          { kind: "school", id: "~" },
          { kind: "term", id: "AZ" },
          { kind: "section", id: "b" },
          { kind: "section", id: "~" },
        ] as const) {
          const expected = expectedLog().filter((one) => isAfter(one, after))
          const listed = await storage.listChanges({ runId: "run-1", after, limit: all })
          same(listed.map(keyOf), expected.map(keyOf))
        }
      })

      it(`lists ${view} rejections in kind order, then by id, page by page`, async ({ storage }) => {
        const ids = ["?0", "?1", "?10", ...orderedIds].sort()
        const rejected = kinds.flatMap((kind) => ids.map((id) => reject(kind, id, `reason of ${kind} ${id}`)))
        const lease = await takeLease(storage)
        const run = makeRun()
        await storage.stage(lease, {
          run,
          changes: [...rejected.toReversed(), put("create", "user", "fine")],
        })
        if (view === "committed") {
          await storage.commit(lease, { run: ended(run), basis: 0, cursor: null, actions: ["create"] })
        }
        const expected = rejected.map((change) => ({ ...change, action: undefined }))
        same(await storage.listRejections({ runId: run.id, limit: all }), expected)
        for (const limit of [1, 10]) {
          const paged = await inPages<Rejection>(limit, (after) =>
            storage.listRejections({ runId: run.id, after: after && keyOf(after), limit }),
          )
          same(paged, expected)
        }
      })
    }
  })
}

type Key = Pick<LoggedChange, "kind" | "id">

const keyOf = ({ kind, id }: Key): Key => ({ kind, id })

function isAfter(one: Key, other: Key): boolean {
  const difference = kinds.indexOf(one.kind) - kinds.indexOf(other.kind)
  return difference > 0 || (difference === 0 && one.id > other.id)
}

const actionAt = (index: number): LoggedAction => loggedActions[index % 4] ?? "create"

/** What `prepareAllKinds` leads to: every kind has every ordered id, with the four actions in turn. */
function expectedLog(): (Key & { action: LoggedAction })[] {
  return kinds.flatMap((kind) => orderedIds.map((id, index) => ({ kind, id, action: actionAt(index) })))
}

async function prepareAllKinds(storage: RosterStorage, view: "staged" | "committed"): Promise<void> {
  const log = expectedLog().reverse()
  await importChanges(
    storage,
    log.filter((one) => one.action !== "create").map((one) => put("create", one.kind, one.id)),
    { runId: "run-a" },
  )
  await importChanges(
    storage,
    log.filter((one) => one.action === "restore").map((one) => mark("archive", one.kind, one.id)),
    { runId: "run-b" },
  )
  const lease = await takeLease(storage)
  const run = makeRun({ basis: 2 })
  await storage.stage(lease, {
    run,
    changes: [
      ...kinds.flatMap((kind) => [reject(kind, "?1"), mark("unchanged", kind, "AB")]),
      ...log.map(({ kind, id, action }) =>
        action === "archive" ? mark(action, kind, id) : put(action, kind, id, "second"),
      ),
    ],
  })
  if (view === "committed") {
    await storage.commit(lease, { run: ended(run), basis: 2, cursor: null, actions: everyAction })
  }
}

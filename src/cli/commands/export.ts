import { type Command, Option } from "commander"
import { HomeroomError } from "../../errors/index.ts"
import {
  type Kind,
  kinds,
  type RecordState,
  type RosterEntry,
  RosterReader,
  type RosterStorage,
  type StoredRecord,
} from "../../index.ts"
import { districtSettings } from "../../roster/district-settings.ts"
import { type CompiledScope, compileScope } from "../../roster/scope/compiled-scope.ts"
import { withStorage } from "../environment.ts"
import { districtOption } from "../options.ts"
import { type Output, say, withOutput } from "../output.ts"

interface ExportOptions {
  district: string
  kind?: Kind | undefined
  state: RecordState | "all"
  merged?: boolean | undefined
  overrides?: boolean | undefined
}

const pageSize = 500

/** `homeroom export`: the stored roster as JSON Lines. */
export function addExport(program: Command): void {
  program
    .command("export")
    .summary("print the stored roster as JSON Lines")
    .description(
      'Prints one line {"kind","id","state","data"} for each stored record, with its data as Clever sent it, ' +
        `in the order ${kinds.join(", ")}, and by id within a kind. Fields that the app has set itself are printed ` +
        "with --overrides beside the data, and with --merged in it. This is people's data: mind where it goes.",
    )
    .addOption(districtOption())
    .addOption(new Option("--kind <kind>", "only this kind").choices(kinds))
    .addOption(
      new Option("--state <state>", "which records").choices(["active", "archived", "all"]).default("active"),
    )
    .option("--merged", "with the app's own values over Clever's, and listed as overrides")
    .addOption(
      new Option("--overrides", "with the app's own values listed beside Clever's").conflicts("merged"),
    )
    .action((options: ExportOptions) => withStorage((storage) => exportRoster(storage, options)))
}

async function exportRoster(storage: RosterStorage, options: ExportOptions): Promise<void> {
  const { version } = await storage.getDistrict(options.district)
  if (version === 0) {
    if ((await storage.getConnection(options.district)) === undefined) {
      throw new HomeroomError("CONNECTION_NOT_FOUND", {
        message: `There is no roster of district ${options.district}, and no connection.`,
        details: { districtId: options.district },
      })
    }
    say(`Nothing of district ${options.district} has been imported yet.`)
  }
  const { scope: ownScope } = await districtSettings(storage, options.district, {})
  const scope = compileScope(ownScope)
  await withOutput(async (output) => {
    for (const kind of options.kind === undefined ? kinds : [options.kind]) {
      await exportKind(storage, output, { ...options, kind, scope })
    }
  })
  // S20: each page is read by itself.
  if ((await storage.getDistrict(options.district)).version !== version) {
    throw new HomeroomError("ROSTER_CHANGED", { details: { districtId: options.district } })
  }
}

async function exportKind(
  storage: RosterStorage,
  output: Output,
  {
    district: districtId,
    kind,
    state,
    merged,
    overrides,
    scope,
  }: ExportOptions & { kind: Kind; scope: CompiledScope | undefined },
): Promise<void> {
  if (merged === true || overrides === true) {
    const view = merged === true ? "merged" : "clever"
    const roster = new RosterReader({ storage })
    for await (const entry of roster.records({ districtId, kind, state, view })) {
      await output.line(entryLine(entry))
    }
    return
  }
  let after: string | undefined
  for (;;) {
    const page: StoredRecord[] = await storage.listRecords({
      districtId,
      kind,
      state: state === "all" ? undefined : state,
      after,
      limit: pageSize,
    })
    for (const record of page) {
      const verdict = scope?.judge(kind, JSON.parse(record.data))
      if (verdict !== undefined && verdict.state !== "in") continue
      await output.line(exportLine({ ...record, data: verdict?.text ?? record.data }))
    }
    after = page.at(-1)?.id
    if (after === undefined) return
  }
}

function entryLine({ kind, id, state, data, overrides }: RosterEntry): string {
  const own = overrides.map(({ path, value, at, by }) => ({ path, value, at, by }))
  return JSON.stringify({ kind, id, state, data, overrides: own })
}

function exportLine({ kind, id, state, data }: StoredRecord): string {
  // Line breaks can stand only between the tokens of JSON, never within one.
  const text = /[\r\n]/.test(data) ? data.replace(/[\r\n]+/g, " ") : data
  return `{"kind":"${kind}","id":${JSON.stringify(id)},"state":"${state}","data":${text}}`
}

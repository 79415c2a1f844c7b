import { parseArgs } from "node:util"

export const usage = `Usage: npm run bench -- [options]

  --size 10k,100k,1m   users of the districts (default: all three)
  --runs 5             rounds whose median counts (default 5; 3 for 1m)
  --only P1,P3         only these figures; N is the naive peer, B the price of the log,
                       C of plans and targets, Q how fair the queue is
  --quick              10k and 100k with 3 rounds
  --out FILE           where the JSON goes (default bench/.cache/results.json)
  --storage postgres   rosters in PostgreSQL, at HOMEROOM_TEST_POSTGRES_URL or 127.0.0.1:5432, and P10 and P11
  --write              also write docs/benchmarks.md and docs/images/benchmarks.svg; with --only, only those rows
  --folder FOLDER      where the districts and databases lie meanwhile (default: the system's temp folder)
  --cpu-prof FOLDER    keep a CPU profile of the measuring processes there`

export interface BenchOptions {
  sizes: number[]
  /** Undefined: 5, and 3 from a million users on. */
  runs: number | undefined
  /** Undefined: all figures. */
  only: ReadonlySet<string> | undefined
  out: string | undefined
  write: boolean
  folder: string | undefined
  profileFolder: string | undefined
  storage: "sqlite" | "postgres"
}

/** The command line asks for what there is not. */
export class UsageError extends Error {}

/** Reads the command line. Throws a UsageError; undefined: only help is wanted. */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: "string" },
      runs: { type: "string" },
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      out: { type: "string" },
      write: { type: "boolean", default: false },
      folder: { type: "string" },
      storage: { type: "string", default: "sqlite" },
      "cpu-prof": { type: "string" },
      help: { type: "boolean", default: false },
    },
  })
  if (values.help) return undefined
  const { quick } = values
  const sizes = (values.size ?? (quick ? "10k,100k" : "10k,100k,1m")).split(",").map(readSize)
  const runs = values.runs === undefined ? (quick ? 3 : undefined) : Number(values.runs)
  if (runs !== undefined && !(Number.isInteger(runs) && runs >= 1 && runs <= 100)) {
    throw new UsageError("--runs must be a whole number from 1 to 100.")
  }
  const { storage } = values
  if (storage !== "sqlite" && storage !== "postgres") {
    throw new UsageError("--storage must be sqlite or postgres.")
  }
  return {
    storage,
    sizes: [...new Set(sizes)].sort((one, other) => one - other),
    runs,
    only: values.only === undefined ? undefined : new Set(values.only.toUpperCase().split(",")),
    out: values.out,
    write: values.write,
    folder: values.folder,
    profileFolder: values["cpu-prof"],
  }
}

function readSize(text: string): number {
  const [, digits, unit] = /^(\d+)([km]?)$/.exec(text.trim().toLowerCase()) ?? []
  const size = Number(digits) * (unit === "k" ? 1_000 : unit === "m" ? 1_000_000 : 1)
  if (!(size >= 1_000 && size <= 2_000_000 && size % 1_000 === 0)) {
    throw new UsageError(`--size: "${text}" is no whole thousand of users from 1k to 2m.`)
  }
  return size
}

/** `100k`, `1M`. */
export function sizeName(users: number): string {
  return users % 1_000_000 === 0 ? `${users / 1_000_000}M` : `${users / 1_000}k`
}

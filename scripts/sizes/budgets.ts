/** What an import may weigh, and which packages may come with it: the one list, which `docs/package.md` shows. */
import { publicEntries } from "../entries.ts"

export interface Budget {
  /** One name of the entry, imported alone; else all of them. */
  name?: string
  /** Kilobytes (1,000 bytes), minified, that the import may load. */
  atOnce: number
  /** Kilobytes in all, with what first use loads. Of one name alone a bundler can't tell. */
  total?: number
  /** The packages that the import may load. */
  packages: readonly string[]
  /** The packages that first use may load besides. */
  later?: readonly string[]
}

const signIn = ["jose", "oauth4webapi", "openid-client", "zod"]
const engine = [...signIn, "croner"]

export const budgets: Readonly<Record<string, readonly Budget[]>> = {
  homeroom: [
    { atOnce: 125, total: 395, packages: [], later: signIn },
    { name: "CleverSsoClient", atOnce: 51, packages: [] },
    { name: "CleverClient", atOnce: 48, packages: [] },
    { name: "RosterSync", atOnce: 53, packages: [] },
    { name: "HomeroomError", atOnce: 19, packages: [] },
  ],
  "homeroom/accounts": [{ atOnce: 58, total: 380, packages: [], later: engine }],
  "homeroom/exchange": [{ atOnce: 76, total: 400, packages: [], later: engine }],
  "homeroom/models": [{ atOnce: 95, total: 95, packages: ["zod"] }],
  "homeroom/storage": [{ atOnce: 125, total: 125, packages: ["zod"] }],
  "homeroom/memory": [{ atOnce: 150, total: 150, packages: ["zod"] }],
  "homeroom/sqlite": [{ atOnce: 79, total: 190, packages: ["node:sqlite"], later: ["zod"] }],
  "homeroom/postgres": [{ atOnce: 190, total: 190, packages: ["zod"], later: ["pg", "pg-copy-streams"] }],
  "homeroom/express": [{ atOnce: 23, total: 185, packages: [], later: signIn }],
  "homeroom/fastify": [{ atOnce: 23, total: 185, packages: [], later: signIn }],
  "homeroom/telemetry": [{ atOnce: 28, total: 28, packages: [] }],
  "homeroom/testing": [{ atOnce: 165, total: 165, packages: [] }],
  "homeroom/simulator": [{ atOnce: 175, total: 175, packages: ["@hono/node-server", "hono"] }],
  "homeroom/console": [{ atOnce: 51, total: 550, packages: [], later: [...engine, "hono"] }],
  "homeroom/worker": [{ atOnce: 53, total: 385, packages: [], later: [...engine, "pg-boss"] }],
}

export interface Import {
  /** What the table calls it: `{ RosterSync } from "homeroom"`. */
  title: string
  /** A module that imports it from the build, and nothing else. */
  code: string
  budget: Budget
}

/** Every import that has a budget. An entry without one is refused. */
export function importsWithBudgets(): Import[] {
  return publicEntries.flatMap(({ specifier, name: built }) => {
    const own = budgets[specifier]
    if (own === undefined) throw new Error(`${specifier} has no size budget: scripts/sizes/budgets.ts`)
    return own.map((budget) => {
      const names = budget.name === undefined ? "* as entry" : `{ ${budget.name} }`
      return {
        title: budget.name === undefined ? specifier : `${names} from "${specifier}"`,
        code: `export ${names} from "./dist/${built}.js"`,
        budget,
      }
    })
  })
}

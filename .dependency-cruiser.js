/**
 * Which way imports point. Each room lists the rooms it may import; everything else in `src/` is forbidden.
 * The same table, for people, is in CONTRIBUTING.md.
 */

const contract = "storage/contract"
const publicEntry =
  "^src/(index|entries/(accounts|exchange)|(storage/(adapter|memory|sqlite|postgres)|console|simulator|telemetry|worker)/index)\\.ts$"

/** What a room may import from `src/` besides itself. */
const rooms = {
  errors: [],
  models: ["errors"],
  clever: ["models", "errors"],
  sso: ["clever/tokens", "clever/users", "clever/send", "clever/answer-reader", "models", "errors"],
  [contract]: ["models", "errors"],
  roster: [contract, "models", "errors"],
  exchange: ["roster", "sso", contract, "models", "errors"],
  worker: ["exchange", "roster", "sso", contract, "errors"],
  console: ["exchange", "roster", "sso", contract, "models", "errors"],
  cli: ["exchange", "roster", "sso", "errors"],
  express: ["console", "exchange", "roster", "sso", "errors"],
  fastify: ["console", "exchange", "roster", "sso", "errors"],
  telemetry: ["exchange", "roster", "sso", "clever/client-options", "errors"],
  simulator: ["models", "errors"],
  testing: [contract, "models", "errors"],
}

/** Rooms that stand where an app stands: they may import what apps import. */
const onPublicEntries = ["cli", "testing"]

/** Packages that belong to some rooms alone. */
const packages = {
  "openid-client": ["sso"],
  jose: ["sso"],
  pg: ["storage/postgres"],
  "pg-copy-streams": ["storage/postgres"],
  "pg-boss": ["worker"],
  express: ["express"],
  fastify: ["fastify"],
  "@opentelemetry/api": ["telemetry"],
  commander: ["cli"],
  "cli-progress": ["cli"],
  croner: ["exchange"],
  hono: ["console", "simulator"],
  "@hono/node-server": ["console", "simulator", "cli"],
}

/** A room is a folder, or one file of that name: `src/storage/contract.ts`. */
function inRoom(room) {
  return `^src/${room}(/|\\.tsx?$)`
}

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `${room.replace("/", "-")}-imports`,
  comment: `${room}/ may import ${allowed.join(", ") || "no other room"}.`,
  severity: "error",
  from: { path: inRoom(room) },
  to: {
    path: "^src/",
    pathNot: [room, ...allowed].map(inRoom).concat(onPublicEntries.includes(room) ? [publicEntry] : []),
  },
}))

const packageRules = Object.entries(packages).map(([name, allowed]) => ({
  name: `${name.replace(/^@/, "").replace("/", "-")}-only-in`,
  comment: `${name} is imported only in ${allowed.join(", ")}.`,
  severity: "error",
  from: { path: "^src/", pathNot: allowed.map(inRoom) },
  to: { path: `(^|node_modules/)${name}(/|$)` },
}))

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Imports form no circle, types included.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-unknown-room",
      comment: "A new room needs its line in the table above.",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: [
          "^src/(index|entries/(accounts|exchange))\\.ts$",
          "^src/storage/(memory|sqlite|postgres|sql|adapter)/",
        ].concat(Object.keys(rooms).map(inRoom)),
      },
      to: {},
    },
    {
      name: "storage-adapter-imports",
      comment:
        "A storage adapter may import storage/contract, storage/adapter, storage/sql, models and errors.",
      severity: "error",
      from: { path: "^src/storage/(memory|sqlite|postgres|sql|adapter)/" },
      to: {
        path: "^src/",
        pathNot: [
          "^src/storage/$1/",
          ...[contract, "storage/adapter", "storage/sql", "models", "errors"].map(inRoom),
        ],
      },
    },
    ...roomRules,
    {
      name: "entry-imports",
      comment: "The entries re-export the engine; adapters, doors and tools have subpaths of their own.",
      severity: "error",
      from: { path: "^src/(index|entries/(accounts|exchange))\\.ts$" },
      to: {
        path: "^src/",
        pathNot: ["errors", "models", "clever", "sso", contract, "roster", "exchange"].map(inRoom),
      },
    },
    {
      name: "nothing-imports-testing",
      comment: "The conformance kit is for apps and tests; nothing in the library needs it.",
      severity: "error",
      from: { path: "^src/", pathNot: inRoom("testing") },
      to: { path: inRoom("testing") },
    },
    ...packageRules,
    {
      name: "sqlite-only-in-sqlite",
      comment: "node:sqlite is loaded only by the SQLite adapter.",
      severity: "error",
      from: { path: "^src/", pathNot: inRoom("storage/sqlite") },
      to: { path: "^(node:)?sqlite$", dependencyTypes: ["core"] },
    },
    {
      name: "src-stands-alone",
      comment: "The library imports nothing from the folders around it.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|bench|examples|scripts|dist)/" },
    },
    {
      name: "no-development-package",
      comment: "What the library imports at run time must be a dependency or an optional peer.",
      severity: "error",
      from: { path: "^src/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["type-only", "npm-peer"],
      },
    },
    {
      name: "resolvable",
      comment: "Every import leads somewhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
}

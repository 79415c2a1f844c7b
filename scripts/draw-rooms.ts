/** Draws docs/pictures/rooms.svg, which room of src/ imports which, from the imports themselves: `npm run docs:rooms`. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { instance } from "@viz-js/viz"
import { root } from "./entries.ts"
import { run } from "./run.ts"

export const roomsPicturePath: string = join(root, "docs/pictures/rooms.svg")

/** Nearly every room imports these two; lines to them would hide all others. */
const everywhere = ["errors", "models"]

/** The room of a source: `roster`, `storage/sqlite`, `storage/contract`. */
function roomOf(source: string): string | undefined {
  const [, room] = /^src\/(storage\/[\w-]+|[\w-]+)(?:\/|\.tsx?$)/.exec(source) ?? []
  return room
}

interface Cruise {
  modules: { source: string; dependencies: { resolved: string }[] }[]
}

/** The rooms that each room imports. */
export function readRooms({ modules }: Cruise): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>()
  for (const { source, dependencies } of modules) {
    const from = roomOf(source)
    if (from === undefined) continue
    const imported = rooms.get(from) ?? new Set()
    rooms.set(from, imported)
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved)
      if (to !== undefined && to !== from) imported.add(to)
    }
  }
  return rooms
}

const title = '<title id="title">Which room of src imports which</title>'

const style = `<style>
svg { --paper: #ffffff; --edge: #8c959f; --box: #f6f8fa; --ink: #1f2328; --tint: #ddf0ff; --accent: #0969da }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --edge: #6e7681; --box: #161b22; --ink: #e6edf3; --tint: #12263f; --accent: #58a6ff }
}
.graph > polygon { fill: var(--paper) }
.node path { fill: var(--box); stroke: var(--edge) }
.storage path { fill: var(--tint); stroke: var(--accent) }
.edge path { stroke: var(--edge) }
.edge polygon { fill: var(--edge); stroke: var(--edge) }
text { fill: var(--ink); font-family: system-ui, "Segoe UI", Roboto, Arial, sans-serif }
</style>`

/** The picture as SVG: always the same for the same imports. */
export async function drawRooms(rooms: ReadonlyMap<string, ReadonlySet<string>>): Promise<string> {
  const quoted = (room: string) => JSON.stringify(room === "index" ? "index.ts" : room)
  const shown = [...rooms.keys()].filter((room) => !everywhere.includes(room)).sort()
  const nodes = shown.map(
    (room) => `${quoted(room)} [class=${room.startsWith("storage/") ? "storage" : "room"}]`,
  )
  const edges = shown.flatMap((from) =>
    [...(rooms.get(from) ?? [])]
      .filter((to) => shown.includes(to))
      .sort()
      .map((to) => `${quoted(from)} -> ${quoted(to)}`),
  )
  const graph = `digraph {
    graph [rankdir=TB, nodesep=0.3, ranksep=0.55, pad=0.3]
    node [shape=box, style="rounded,filled", fontname=Helvetica, fontsize=13, height=0.4, margin="0.16,0.06"]
    edge [arrowsize=0.6]
    ${[...nodes, ...edges].join("\n    ")}
  }`
  const viz = await instance()
  const svg = viz.renderString(graph, { format: "svg" })
  return svg
    .slice(svg.indexOf("<svg"))
    .replace(/<svg([^>]*)>/, `<svg role="img" aria-labelledby="title"$1>\n${title}\n${style}`)
}

export function cruiseSources(): Cruise {
  const args = ["--config", ".dependency-cruiser.js", "--output-type", "json", "src"]
  return JSON.parse(run("depcruise", args, { capture: true })) as Cruise
}

if (import.meta.main) writeFileSync(roomsPicturePath, await drawRooms(readRooms(cruiseSources())))

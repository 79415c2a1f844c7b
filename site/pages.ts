/**
 * Puts the site's pages together in `site/.pages`: the documents as they are in `docs/`, what they link to besides,
 * and the API. Only their links change, because the site has the documents at its root and an example on one page.
 */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, extname, join, posix } from "node:path"
import { readDocument } from "../scripts/documents.ts"
import { root } from "../scripts/entries.ts"
import { writeApiPages } from "./api.ts"
import { exampleOf, placeOf, withPlaces } from "./places.ts"

const pages = join(root, "site/.pages")

/** One page with all files of an example. */
function examplePage(example: string): string {
  const files = globSync("**/*.{ts,json,csv}", { cwd: join(root, example) })
  const sections = files.sort().map((name) => {
    const code = readDocument(posix.join(example, name)).replace(/^\s*\/\/ #(?:end)?region.*\n/gm, "")
    return `## ${name}\n\n\`\`\`${extname(name).slice(1)}\n${code.trimEnd()}\n\`\`\`\n`
  })
  return `# Example: ${basename(example)}\n\nAll of \`${example}\`, as it runs.\n\n${sections.join("\n")}`
}

function writePage(place: string, text: string): void {
  const path = join(pages, place)
  if (existsSync(path) && readFileSync(path, "utf8") === text) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Writes the documents that are not there as they are now, and whatever they lead to, directly or by another page. */
export function writeDocuments(): void {
  const waiting = globSync("docs/**/*.md", { cwd: root }).map((path) => path.split("\\").join("/"))
  const seen = new Set(waiting)
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const example = exampleOf(path)
    if (example !== undefined) {
      writePage(`${example}.md`, examplePage(example))
      continue
    }
    const text = withPlaces(readDocument(path), path, (target) => {
      // A link that leads nowhere is told of by VitePress.
      if (seen.has(target) || /\.(?:png|svg)$/.test(target) || !existsSync(join(root, target))) return
      seen.add(target)
      waiting.push(target)
    })
    writePage(placeOf(path), text)
  }
}

/** All of `site/.pages`, anew. */
export async function writePages(): Promise<void> {
  rmSync(pages, { recursive: true, force: true })
  for (const folder of ["images", "pictures"]) {
    cpSync(join(root, "docs", folder), join(pages, folder), { recursive: true })
  }
  writeDocuments()
  await writeApiPages(join(pages, "api"))
}

/**
 * What the documents quote: `<!-- example: FILE#REGION -->` before a fence makes the fence hold that region of the
 * file, from `// #region REGION` to `// #endregion`; several regions of one name follow each other.
 * `node scripts/documents.ts` writes the quotes into README.md and docs/.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./entries.ts"

/** The documents that people read, relative to the root; generated ones too. */
export function listDocuments(): string[] {
  return globSync(["*.md", "docs/**/*.md", "bench/*.md", "examples/**/*.md"], { cwd: root }).sort()
}

export function readDocument(path: string): string {
  return readFileSync(join(root, path), "utf8")
}

/** The lines of a region, without the markers and the indentation they share. */
export function regionOf(text: string, name: string): string {
  const parts: string[] = []
  let lines: string[] | undefined
  for (const line of text.split("\n")) {
    const [, begins] = /^\s*\/\/ #region (\S+)$/.exec(line) ?? []
    if (begins === name) lines = []
    else if (lines !== undefined && /^\s*\/\/ #endregion$/.test(line)) {
      parts.push(unindented(lines).join("\n").trim())
      lines = undefined
    } else lines?.push(line)
  }
  if (lines !== undefined || parts.length === 0) throw new Error(`There is no whole region ${name}`)
  return parts.join("\n\n")
}

function unindented(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/))
  return lines.map((line) => line.slice(Math.min(...indents)))
}

const quote = /(<!-- example: (\S+)#(\S+) -->\n```\w+\n)[\s\S]*?(```\n)/g

/** The document with every quote as its example has it now. */
export function withQuotes(text: string): string {
  return text.replace(quote, (_, before: string, file: string, region: string, after: string) => {
    return `${before}${regionOf(readDocument(file), region)}\n${after}`
  })
}

/** The fences of a language that a comment `<!-- query: NAME -->`, or of another mark, names, by name. */
export function namedFences(text: string, language: string, mark = "query"): Map<string, string> {
  const fences = text.matchAll(
    new RegExp(`<!-- ${mark}: (\\S+) -->\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\`\\n`, "g"),
  )
  return new Map([...fences].map(([, name = "", body = ""]) => [name, body]))
}

if (import.meta.main) {
  for (const path of listDocuments()) {
    const text = readDocument(path)
    const quoted = withQuotes(text)
    if (quoted !== text) writeFileSync(join(root, path), quoted)
  }
}

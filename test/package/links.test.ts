import { existsSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, test } from "vitest"
import { slugOf } from "../../scripts/anchors.ts"
import { listDocuments, readDocument } from "../../scripts/documents.ts"
import { root } from "../../scripts/entries.ts"

/** The text without what a renderer shows as code. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, (code) => "x".repeat(code.length))
}

/** Where a document's links and pictures lead. */
function targetsIn(text: string): string[] {
  const prose = withoutCode(text)
  return [/\]\(([^)\s]+)\)/g, /\b(?:src|srcset|href)="([^"]+)"/g, /^\[[^\]]+\]: (\S+)$/gm].flatMap(
    (pattern) => [...prose.matchAll(pattern)].map(([, target = ""]) => target),
  )
}

/** The anchors of a document as GitHub makes them. */
function anchorsIn(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/\bid="([^"]+)"/g)].map(([, id = ""]) => id))
  for (const [, heading = ""] of text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = slugOf(heading)
    let name = slug
    for (let count = 1; anchors.has(name); count++) name = `${slug}-${count}`
    anchors.add(name)
  }
  return anchors
}

/** What is wrong with a link, if anything. */
function problemWith(target: string, document: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined
  const [file = "", anchor] = target.split("#")
  const path = file === "" ? document : relative(root, join(root, dirname(document), file))
  if (path.startsWith("..")) return `${target} leads out of the project`
  if (!existsSync(join(root, path))) return `${target} does not exist`
  if (anchor === undefined || statSync(join(root, path)).isDirectory()) return undefined
  return anchorsIn(readDocument(path)).has(anchor) ? undefined : `${target} has no such anchor`
}

describe("links", () => {
  test.each(listDocuments())("of %s lead somewhere", (path) => {
    const problems = targetsIn(readDocument(path)).map((target) => problemWith(target, path))
    expect(problems.filter((problem) => problem !== undefined)).toEqual([])
  })

  test("that lead nowhere are found", () => {
    const text =
      '[a](gone.md) `[b](code.md)` [c](README.md#nowhere) <img src="gone.svg"> [d](https://x.example)'
    const problems = targetsIn(text).map((target) => problemWith(target, "README.md"))
    expect(problems).toEqual([
      "gone.md does not exist",
      "README.md#nowhere has no such anchor",
      undefined,
      "gone.svg does not exist",
    ])
  })

  test("reach every document from the README", () => {
    const reached = new Set<string>()
    const visit = (path: string) => {
      if (reached.has(path) || !listDocuments().includes(path)) return
      reached.add(path)
      for (const target of targetsIn(readDocument(path))) {
        const [file = ""] = target.split("#")
        if (file !== "" && !/^[a-z]+:/.test(file)) visit(relative(root, join(root, dirname(path), file)))
      }
    }
    visit("README.md")
    expect(listDocuments().filter((path) => !reached.has(path))).toEqual([])
  })
})

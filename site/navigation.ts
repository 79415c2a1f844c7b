/** The site's menu: the list in `docs/README.md`, and below it what the entries export. */
import { readFileSync } from "node:fs"
import { join, posix } from "node:path"
import type { DefaultTheme } from "vitepress"
import { readDocument } from "../scripts/documents.ts"
import { root } from "../scripts/entries.ts"
import { placeOf } from "./places.ts"

export interface Chapter {
  title: string
  pages: { title: string; path: string }[]
}

/** The chapters of `docs/README.md`, each with the pages that its list begins lines with. */
export function readChapters(index: string): Chapter[] {
  return index
    .split(/^## /m)
    .slice(1)
    .map((chapter) => ({
      title: chapter.slice(0, chapter.indexOf("\n")),
      pages: [...chapter.matchAll(/^- \[([^\]]+)\]\(([^)#]+)\)/gm)].map(([, title = "", path = ""]) => ({
        title,
        path,
      })),
    }))
}

interface ApiEntry {
  title: string
  path: string
}

export function readMenu(): DefaultTheme.SidebarItem[] {
  const chapters = readChapters(readDocument("docs/README.md")).map(({ title, pages }) => ({
    text: title,
    ...(title === "Decisions" && { collapsed: true }),
    items: pages.map((page) => ({ text: page.title, link: `/${placeOf(posix.join("docs", page.path))}` })),
  }))
  const entries = JSON.parse(
    readFileSync(join(root, "site/.pages/api/navigation.json"), "utf8"),
  ) as ApiEntry[]
  const api = entries.map(({ title, path }) => ({ text: title, link: `/api/${path}` }))
  return [...chapters, { text: "API", items: api }]
}

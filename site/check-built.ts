/** What VitePress does not look at: anchors, and whether a page loads anything from elsewhere. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"

const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`, "g")

function valuesOf(html: string, name: string): string[] {
  return [...html.matchAll(attribute(name))].map(([, value = ""]) => value.replaceAll("&amp;", "&"))
}

/** What a page has the browser load by itself. */
function loadedBy(html: string): string[] {
  const tags = [...html.matchAll(/<(?:script|link|img|source|iframe|video)\b[^>]*>/g)].map(([tag]) => tag)
  return tags.flatMap((tag) => [...valuesOf(tag, "src"), ...valuesOf(tag, "href")])
}

/** One line for each link that leads nowhere and each thing that comes from another host. */
export function checkBuiltSite(folder: string, base: string): string[] {
  const pages = new Map(
    globSync("**/*.html", { cwd: folder }).map((path) => {
      const html = readFileSync(join(folder, path), "utf8")
      return [path, { html, ids: new Set(valuesOf(html, "id")) }]
    }),
  )
  const problems: string[] = []
  for (const [page, { html }] of pages) {
    for (const address of loadedBy(html)) {
      if (/^(?:https?:)?\/\//.test(address)) problems.push(`${page} loads ${address}`)
    }
    for (const link of new Set(valuesOf(html, "href"))) {
      if (/^[a-z]+:/.test(link)) continue
      const [path = "", anchor = ""] = link.split("#")
      const place = path === "" ? page : placeIn(path, page, base)
      const target = pages.get(place)
      if (
        target === undefined
          ? !existsSync(join(folder, place))
          : anchor !== "" && !target.ids.has(decodeURIComponent(anchor))
      ) {
        problems.push(`${page} has a link that leads nowhere: ${link}`)
      }
    }
  }
  return problems
}

/** The file of the site that an address names. */
function placeIn(path: string, page: string, base: string): string {
  const absolute = path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(page), path)
  return absolute === "" || absolute.endsWith("/") ? `${absolute}index.html` : absolute
}

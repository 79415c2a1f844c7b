/** Where the site has what is in this repository: the documents at its root, and each example on one page. */
import { posix } from "node:path"
import { slugOf } from "../scripts/anchors.ts"

/** `examples/NAME` of a path to an example, or to one of its files. */
export function exampleOf(path: string): string | undefined {
  return /^examples\/[\w-]+(?=\/|$)/.exec(path)?.[0]
}

/** Where the site has what a path of this repository names, with the anchor that belongs to it. */
export function placeOf(path: string): string {
  const example = exampleOf(path)
  if (example !== undefined) {
    const file = path.slice(example.length + 1)
    return file === "" ? `${example}.md` : `${example}.md#${slugOf(file)}`
  }
  if (path.startsWith("docs/")) return path.slice("docs/".length).replace(/(^|\/)README\.md$/, "$1index.md")
  // Hidden folders are left out of a site, and a page ends in .md.
  const place = path.toLowerCase().replace(/^\./, "")
  return posix.extname(place) === "" ? `${place}.md` : place
}

/** A document with every link into the repository led to its place on the site. */
export function withPlaces(text: string, document: string, found: (path: string) => void): string {
  const from = posix.dirname(placeOf(document))
  return text.replace(/\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)/g, (_, target: string, anchor?: string) => {
    const path = posix.join(posix.dirname(document), target).replace(/\/$/, "")
    found(path)
    const [page = "", ownAnchor] = placeOf(path).split("#")
    const place = posix.relative(from, page)
    const fragment = anchor ?? (ownAnchor === undefined ? "" : `#${ownAnchor}`)
    return `](${place.startsWith(".") ? place : `./${place}`}${fragment})`
  })
}

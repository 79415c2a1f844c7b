/** The changelog in the form of Keep a Changelog, and how a release is written into it. */

/** The headings under a version, in their order. */
const headings = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]

export interface Release {
  version: string
  /** `2026-11-26`. */
  date: string
  /** What the changesets say, each beginning with its heading: `Fixed: …`. */
  summaries: readonly string[]
}

const unreleased = "## [Unreleased]\n"
const note = /^These changes become .+\n\n/

/** The sections of a version by heading: the lists, without the heading. */
function sectionsOf(body: string): Map<string, string> {
  const parts = body.split(/^### (.+)\n/m).slice(1)
  const pairs = parts.flatMap((part, index) =>
    index % 2 === 0 ? [[part, parts[index + 1] ?? ""] as const] : [],
  )
  return new Map(pairs.map(([heading, list]) => [heading, list.trim()]))
}

/** The changelog with everything unreleased, and the changesets' texts, under the version. */
export function withRelease(changelog: string, { version, date, summaries }: Release): string {
  const start = changelog.indexOf(unreleased)
  if (start < 0) throw new Error("The changelog has no section [Unreleased]")
  if (changelog.includes(`## [${version}]`)) throw new Error(`The changelog has ${version} already`)
  const rest = changelog.slice(start + unreleased.length)
  const end = rest.search(/^## \[/m)
  const body = (end < 0 ? rest : rest.slice(0, end)).trimStart().replace(note, "")
  const older = end < 0 ? "" : `\n${rest.slice(end)}`

  const sections = sectionsOf(body)
  for (const summary of summaries) {
    const [, heading = "", text = ""] = /^(\w+): ([\s\S]+)$/.exec(summary.trim()) ?? []
    if (!headings.includes(heading)) {
      throw new Error(`A changeset must begin with one of ${headings.join(", ")} and a colon: ${summary}`)
    }
    const bullet = `- ${text.trim().replaceAll("\n", "\n  ")}`
    sections.set(heading, [sections.get(heading), bullet].filter(Boolean).join("\n"))
  }
  const lists = headings.flatMap((heading) => {
    const list = sections.get(heading)
    return list ? [`### ${heading}\n\n${list}\n`] : []
  })
  if (lists.length === 0) throw new Error("There is nothing to release")
  return `${changelog.slice(0, start)}${unreleased}\n## [${version}] - ${date}\n\n${lists.join("\n")}${older}`
}

/** Writes THIRD_PARTY_NOTICES.md from the licence files of the packages that are installed with this one: `npm run notices`. */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./entries.ts"
import { type RunTimePackage, runTimePackages } from "./run-time.ts"

export const noticesPath: string = join(root, "THIRD_PARTY_NOTICES.md")

function textsOf({ name, path }: RunTimePackage): string[] {
  const files = globSync("{licen[cs]e,LICEN[CS]E,notice,NOTICE}*", { cwd: join(root, path) }).sort()
  if (files.length === 0) throw new Error(`${name} has no licence file`)
  return files.map((file) =>
    readFileSync(join(root, path, file), "utf8")
      .replaceAll("\r\n", "\n")
      .trim(),
  )
}

/** The whole text of THIRD_PARTY_NOTICES.md. */
export function renderNotices(packages: readonly RunTimePackage[] = runTimePackages()): string {
  const sections = packages.map((one) => {
    const fences = textsOf(one).map((text) => `\`\`\`text\n${text}\n\`\`\``)
    return `## ${one.name}\n\nLicence: ${one.license}\n\n${fences.join("\n\n")}\n`
  })
  return `# Notices of other packages

<!-- Generated from the packages' licence files by \`npm run notices\`. -->

These packages are installed with Homeroom. Homeroom itself is under the [MIT licence](LICENSE).

${sections.join("\n")}`
}

if (import.meta.main) writeFileSync(noticesPath, renderNotices())

/** The report of a public entry's surface: what API Extractor makes of its declarations, without what others report. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor"
import { root } from "../entries.ts"

export interface ReportedEntry {
  /** What an app imports: `homeroom/express`. */
  specifier: string
  /** The absolute path of its declarations. */
  declarations: string
}

const silent = { default: { logLevel: ExtractorLogLevel.None } }

/** Every declaration that the entry exports, or that those speak of, as API Extractor prints them. */
function extract({ declarations }: ReportedEntry, folder: string): string {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: "NodeNext",
            target: "ES2023",
            lib: ["ES2023"],
            types: ["node"],
            strict: true,
            skipLibCheck: true,
          },
          files: [declarations],
        },
      },
      newlineKind: "lf",
      apiReport: {
        enabled: true,
        reportFileName: "report",
        reportFolder: folder,
        reportTempFolder: join(folder, "temp"),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  })
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error
    },
  })
  if (!succeeded) throw new Error(`API Extractor could not read ${declarations}`)
  return readFileSync(join(folder, "report.api.md"), "utf8")
}

interface Section {
  text: string
  /** The declaration without `export`. */
  declaration: string
  exported: boolean
}

function sectionsOf(report: string): Section[] {
  return report.split("\n\n").map((text) => {
    const declaration = text.replace(/^export /m, "")
    return { text, declaration, exported: declaration !== text }
  })
}

/**
 * One report for each entry. A type that entries speak of and don't export is in the report of the entry that does, or
 * of the first one that speaks of it.
 */
export function reportsOf(entries: readonly ReportedEntry[]): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-api-"))
  try {
    const extracted = entries.map((entry) => ({ entry, sections: sectionsOf(extract(entry, folder)) }))
    const exported = extracted.flatMap(({ sections }) => sections.filter((section) => section.exported))
    const shown = new Set(exported.map(({ declaration }) => declaration))
    return new Map(
      extracted.map(({ entry, sections }) => {
        const own = sections.filter((section) => section.exported || isFirst(section, shown))
        const report = own.map(({ text }) => text).join("\n\n")
        return [entry.specifier, report.replace(/^(## API Report File for ).*$/m, `$1"${entry.specifier}"`)]
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** False for a declaration that a report shows already. What is no declaration, each report has for itself. */
function isFirst({ declaration }: Section, shown: Set<string>): boolean {
  if (!declaration.startsWith("// @")) return true
  if (shown.has(declaration)) return false
  shown.add(declaration)
  return true
}

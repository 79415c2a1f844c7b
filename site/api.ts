/** Pages about every name that the public entries export, from their docstrings. */
import { join } from "node:path"
import { Application, type DocumentationEntryPoint, type TypeDocOptions } from "typedoc"
import type { PluginOptions } from "typedoc-plugin-markdown"
import { publicEntries, root } from "../scripts/entries.ts"

/** What an app imports, of an entry that is documented. */
function specifierOf({ sourceFile }: DocumentationEntryPoint): string {
  const entry = publicEntries.find(({ source }) => join(root, source) === sourceFile.fileName)
  if (entry === undefined) throw new Error(`${sourceFile.fileName} is no public entry`)
  return entry.specifier
}

/** Writes the pages into a folder, and `navigation.json` beside them. */
export async function writeApiPages(folder: string): Promise<void> {
  const options: TypeDocOptions & PluginOptions = {
    name: "API",
    plugin: ["typedoc-plugin-markdown"],
    entryPoints: publicEntries.map(({ source }) => join(root, source)),
    tsconfig: join(root, "tsconfig.json"),
    outputs: [{ name: "markdown", path: folder }],
    readme: "none",
    disableSources: true,
    excludePrivate: true,
    // The compiler has gates of its own, and most of these warnings are about types that apps need no name for.
    skipErrorChecking: true,
    validation: { invalidLink: true, notExported: false, notDocumented: false },
    treatValidationWarningsAsErrors: true,
    logLevel: "Warn",
    router: "member",
    entryFileName: "index",
    navigationJson: join(folder, "navigation.json"),
    hidePageHeader: true,
    sanitizeComments: true,
    useHTMLEncodedBrackets: true,
    useCodeBlocks: true,
    indexFormat: "table",
    tableColumnSettings: { hideModifiers: true },
    expandParameters: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
    // The texts of the console are an object of hundreds.
    typeDeclarationVisibility: "compact",
  }
  const app = await Application.bootstrapWithPlugins(options)
  const entries = app.getEntryPoints() ?? []
  for (const entry of entries) entry.displayName = specifierOf(entry)
  const project = app.converter.convert(entries)
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error("The API pages could not be written")
}

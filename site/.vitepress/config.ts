import { defineConfig, type UserConfig } from "vitepress"
import { slugOf } from "../../scripts/anchors.ts"
import { readMenu } from "../navigation.ts"

const config: UserConfig = defineConfig({
  title: "Homeroom",
  description: "Log in with Clever and Clever rostering for an education app",
  lang: "en-GB",
  srcDir: ".pages",
  outDir: ".out",
  cacheDir: ".cache",
  metaChunk: true,
  // What getting started has its reader open.
  ignoreDeadLinks: "localhostLinks",
  // The index of the search is one large file, which is loaded when somebody searches.
  vite: { build: { chunkSizeWarningLimit: 4_000 } },
  markdown: { anchor: { slugify: slugOf } },
  themeConfig: {
    sidebar: readMenu(),
    outline: [2, 3],
    search: {
      provider: "local",
      options: {
        // Without code, which would be coloured once more for it.
        _render: (text, env, md) => md.render(text.replace(/^```[\s\S]*?^```$/gm, ""), env),
        miniSearch: {
          // What explains something comes before the names that have to do with it.
          searchOptions: { boostDocument: (page: string) => (page.includes("/api/") ? 0.4 : 1) },
        },
      },
    },
    docFooter: { prev: "Before", next: "Next" },
    externalLinkIcon: true,
  },
})

export default config

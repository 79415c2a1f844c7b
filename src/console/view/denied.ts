import type { AssetPaths } from "../assets/assets.ts"
import type { ConsoleText } from "../text/english.ts"
import { html } from "./html.ts"

/** What somebody sees whom the app does not let in: nothing of the console but its look. */
export async function renderDenied(options: {
  readonly text: ConsoleText
  readonly basePath: string
  readonly assets: AssetPaths
}): Promise<Response> {
  const { text, basePath, assets } = options
  const page = await html`<!doctype html>
<html lang="${text.language}" dir="${text.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text.deniedPage.title} · ${text.product}</title>
<link rel="stylesheet" href="${basePath}${assets.style}">
<link rel="icon" href="${basePath}${assets.icon}" type="image/svg+xml">
</head>
<body>
<main>
<h1>${text.deniedPage.title}</h1>
<p class="lead">${text.deniedPage.text}</p>
</main>
</body>
</html>
`
  return new Response(String(page), { status: 403, headers: { "content-type": "text/html; charset=utf-8" } })
}

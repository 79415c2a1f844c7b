import type { Connection } from "../../storage/contract.ts"
import type { AssetPaths } from "../assets/assets.ts"
import { type ConsoleSection, sections } from "../routing/section.ts"
import type { ConsoleText } from "../text/english.ts"
import { html, type Markup } from "./html.ts"
import { type Banner, banner } from "./pieces.ts"

/** A step of the way to a page; the last one, the page itself, has no address. */
export interface Crumb {
  readonly text: string
  /** Below the base path. */
  readonly path?: string | undefined
}

/** What a page brings. */
export interface PageParts {
  /** Its heading, and its title in the browser. */
  readonly title: string
  readonly body: Markup
  /** The way to it, without the page itself. */
  readonly crumbs?: readonly Crumb[] | undefined
  /** Instead of what the page before wants said. */
  readonly banner?: Banner | undefined
  /** One line under the heading. */
  readonly lead?: string | Markup | undefined
  /** After so many seconds a browser that runs no script looks again. */
  readonly refreshSeconds?: number | undefined
}

/** What the layout needs of the visit that it is drawn for. */
interface Place {
  readonly text: ConsoleText
  readonly districts: readonly Connection[]
  href(path: string, query?: Readonly<Record<string, string | number | undefined>>): string
  districtPath(page: string, districtId: string): string
}

interface LayoutOptions extends PageParts {
  readonly place: Place
  readonly section?: ConsoleSection | undefined
  readonly connection: Connection | undefined
  readonly assets: AssetPaths
  readonly actor: string
}

/** A whole page: the header with the navigation and the district, the way here, and what the page brings. */
export function renderPage(options: LayoutOptions): Markup {
  const { place, title, body, crumbs = [], lead, refreshSeconds, assets, section } = options
  const { text } = place
  return html`<!doctype html>
<html lang="${text.language}" dir="${text.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${text.product}</title>
<link rel="stylesheet" href="${place.href(assets.style)}">
<link rel="icon" href="${place.href(assets.icon)}" type="image/svg+xml">
<script src="${place.href(assets.script)}" defer blocking="render"></script>
${refreshSeconds === undefined ? "" : html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>`}
</head>
<body>
<a class="skip" href="#main">${text.skipToContent}</a>
<header class="top">
<div class="bar">
<a class="brand" href="${place.href("/partners")}"><span class="mark" aria-hidden="true"></span>${text.product}</a>
${districtSwitcher(options)}
<span class="actor" title="${text.signedInAs}"><span class="hidden">${text.signedInAs} </span>${options.actor}</span>
</div>
<nav aria-label="${text.mainNavigation}"><ul class="tabs">
${navigation(options).map(
  ({ name, label, href }) =>
    html`<li><a href="${href}"${name === section ? html` aria-current="page"` : ""}>${label}</a></li>`,
)}
</ul></nav>
</header>
<main id="main" tabindex="-1">
${crumbs.length === 0 ? "" : breadcrumbs(place, [...crumbs, { text: title }])}
<h1>${title}</h1>
${lead === undefined ? "" : html`<p class="lead">${lead}</p>`}
${options.banner === undefined ? "" : banner(options.banner)}
${body}
</main>
</body>
</html>
`
}

/** Where the tabs lead: to the pages of the district at hand; without one the page asks for it. */
function navigation({
  place,
  connection,
}: LayoutOptions): { name: ConsoleSection; label: string; href: string }[] {
  return sections.map((name) => {
    const isOfDistrict = connection !== undefined && name !== "partners"
    const path = isOfDistrict ? place.districtPath(name, connection.districtId) : `/${name}`
    return { name, label: place.text.sections[name], href: place.href(path) }
  })
}

/** More of them than this are chosen from the list of districts. */
const mostInSwitcher = 200

function districtSwitcher({ place, connection, section }: LayoutOptions): Markup {
  const { text, districts } = place
  if (districts.length === 0) return html`<span class="district"></span>`
  if (districts.length > mostInSwitcher) {
    const name = connection === undefined ? text.allDistricts : districtName(connection)
    return html`<a class="district" href="${place.href("/partners")}">${name}</a>`
  }
  return html`<form class="district" method="get" action="${place.href("/switch")}">
<input type="hidden" name="page" value="${section ?? "partners"}">
<label class="hidden" for="district-switch">${text.district}</label>
<select id="district-switch" name="district" data-submit>
${connection === undefined ? html`<option value="">${text.allDistricts}</option>` : ""}
${districts.map(
  (one) =>
    html`<option value="${one.districtId}"${one.districtId === connection?.districtId ? html` selected` : ""}>${districtName(one)}</option>`,
)}
</select>
<button class="small">${text.switchDistrict}</button>
</form>`
}

function breadcrumbs(place: Place, crumbs: readonly Crumb[]): Markup {
  const items = crumbs.map(({ text, path }) =>
    path === undefined
      ? html`<li aria-current="page">${text}</li>`
      : html`<li><a href="${place.href(path)}">${text}</a></li>`,
  )
  return html`<nav aria-label="${place.text.breadcrumbs}"><ol class="crumbs">${items}</ol></nav>`
}

/** What a district is called; its id where Clever has not told yet. */
export function districtName({ name, districtId }: Pick<Connection, "name" | "districtId">): string {
  return name === "" ? districtId : name
}

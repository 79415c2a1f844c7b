/** The console's one stylesheet: served as a file, under a name that changes with it. */
export const stylesheet: string = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f6fa, #12151b);
  --card: light-dark(#fff, #1a1f28);
  --sunken: light-dark(#f0f3f8, #141922);
  --text: light-dark(#1a2330, #e6ebf3);
  --quiet: light-dark(#55606f, #a3afc0);
  --line: light-dark(#dde3ec, #2d3542);
  --edge: light-dark(#7b8798, #76839a);
  --accent: light-dark(#1458e0, #86aefc);
  --accent-strong: light-dark(#0d46b8, #a8c5ff);
  --on-accent: light-dark(#fff, #0b1220);
  --good: light-dark(#11693a, #6cdb9d); --good-ground: light-dark(#e2f5ea, #12301f);
  --busy: light-dark(#134fbd, #9dbdff); --busy-ground: light-dark(#e5eefe, #172a4d);
  --warn: light-dark(#7c4a00, #f5c76a); --warn-ground: light-dark(#fdf1d8, #37290d);
  --bad: light-dark(#a81f2d, #ff9ea6); --bad-ground: light-dark(#fde8ea, #3d171c);
  --shade: 0 1px 2px rgb(16 24 40 / .06), 0 2px 8px rgb(16 24 40 / .04);
  --round: .75rem;
}
*, ::before, ::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; overflow-y: scroll }
body { margin: 0; min-height: 100vh; font: 1rem/1.5 system-ui, "Segoe UI", Roboto, sans-serif; background: var(--ground); color: var(--text); overflow-wrap: anywhere }
a { color: var(--accent); text-underline-offset: .15em }
a:hover { color: var(--accent-strong) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem }
main:focus { outline: none }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.skip { position: absolute; inset-inline-start: 1rem; top: -4rem; z-index: 1; padding: .6rem 1rem; border-radius: 0 0 .5rem .5rem; background: var(--accent); color: var(--on-accent) }
.skip:focus { top: 0; color: var(--on-accent) }
.quiet { color: var(--quiet) }
.strong { font-weight: 600 }
code, .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .925em }
time, .number, progress + * { font-variant-numeric: tabular-nums }

.top { background: var(--card); border-bottom: 1px solid var(--line) }
.bar, .tabs, main { width: 100%; max-width: 76rem; margin-inline: auto; padding-inline: clamp(1rem, 4vw, 2rem) }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; padding-block: .75rem .25rem }
.brand { display: inline-flex; align-items: center; gap: .6rem; font-size: 1.125rem; font-weight: 700; color: var(--text); text-decoration: none }
.mark { width: 1.5rem; height: 1.5rem; border-radius: .45rem; background: linear-gradient(135deg, var(--accent), light-dark(#5c3ff0, #b69cff)) }
.district { display: flex; flex: 1 1 14rem; gap: .4rem; margin: 0; min-width: 0 }
.district select { flex: 0 1 20rem; min-width: 0; padding-block: .3rem }
.actor { max-width: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: .875rem; color: var(--quiet) }
.tabs { display: flex; flex-wrap: wrap; gap: 0 .25rem; margin-block: 0; list-style: none }
.tabs a { display: block; padding: .6rem .75rem; border-bottom: 3px solid transparent; font-weight: 550; color: var(--quiet); text-decoration: none }
.tabs a:hover { color: var(--text); border-color: var(--line) }
.tabs a[aria-current] { color: var(--accent); border-color: var(--accent) }

main { padding-block: 1.5rem 4rem }
.crumbs { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0 0 .5rem; padding: 0; list-style: none; font-size: .875rem; color: var(--quiet) }
.crumbs li + li::before { content: "\\203A"; margin-inline-end: .25rem; color: var(--edge) }
h1 { margin: 0 0 .25rem; font-size: clamp(1.375rem, 4vw, 1.75rem); line-height: 1.2; letter-spacing: -.01em; text-wrap: balance }
h2 { margin: 0; font-size: 1.125rem; line-height: 1.35 }
h3 { margin: 0 0 .25rem; font-size: 1rem }
.lead { margin: 0 0 1.25rem; color: var(--quiet); max-width: 46rem; text-wrap: pretty }
h1:last-child, h1 + .card, h1 + .banner, h1 + .grid { margin-top: 1.25rem }

.card { margin: 0 0 1.25rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: var(--round); background: var(--card); box-shadow: var(--shade) }
.card-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem; margin-bottom: .75rem }
.card > :last-child, .card > form > :last-child { margin-bottom: 0 }
.card p { margin: 0 0 .75rem; max-width: 46rem; text-wrap: pretty }
.grid { display: grid; gap: 1.25rem; margin-bottom: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)) }
.grid > .card { margin: 0; display: flex; flex-direction: column }
.grid > .card > form:last-child, .grid > .card > .foot { margin-top: auto }
.card ul.plain { margin: 0 0 1rem; padding-inline-start: 1.25rem }
.card ul.plain li { margin-bottom: .25rem }

.banner { margin: 1rem 0 1.25rem; padding: .875rem 1.125rem; border: 1px solid; border-inline-start-width: 5px; border-radius: .6rem; font-weight: 550 }
.banner p { margin: 0; text-wrap: pretty }
.banner .advice { margin-top: .25rem; font-weight: 400; color: var(--text) }
.banner.success { color: var(--good); background: var(--good-ground) }
.banner.info { color: var(--busy); background: var(--busy-ground) }
.banner.warning { color: var(--warn); background: var(--warn-ground) }
.banner.error { color: var(--bad); background: var(--bad-ground) }

.badge { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600; white-space: nowrap }
.badge.good { color: var(--good); background: var(--good-ground) }
.badge.busy { color: var(--busy); background: var(--busy-ground) }
.badge.warn { color: var(--warn); background: var(--warn-ground) }
.badge.bad { color: var(--bad); background: var(--bad-ground) }
.badge.quiet { color: var(--quiet); background: var(--sunken); box-shadow: inset 0 0 0 1px var(--line) }

.empty { padding: 2rem 1rem; text-align: center; color: var(--quiet) }
.empty p { margin: 0 auto 1rem; max-width: 34rem }
.empty .empty-title { margin-bottom: .25rem; font-size: 1.0625rem; font-weight: 650; color: var(--text) }

.facts { display: grid; gap: .75rem 1.5rem; margin: 0 0 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)) }
.facts dt { font-size: .8125rem; color: var(--quiet) }
.facts dd { margin: 0 }

table { width: 100%; border-collapse: collapse }
th, td { padding: .625rem .75rem; text-align: start; vertical-align: top; border-bottom: 1px solid var(--line) }
th { font-size: .8125rem; font-weight: 600; color: var(--quiet); white-space: nowrap }
tbody tr:last-child td { border-bottom: 0 }
tbody tr:hover { background: var(--sunken) }
.number { text-align: end }
.card > table { margin: -.25rem -.75rem; width: calc(100% + 1.5rem) }
.pager { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1rem }

form { margin: 0 }
.field { margin: 0 0 1rem; max-width: 34rem }
label, legend { display: block; padding: 0; margin-bottom: .25rem; font-weight: 600 }
.hint { margin: .25rem 0 0 !important; font-size: .875rem; font-weight: 400; color: var(--quiet) }
.field-error { margin: .25rem 0 0 !important; font-size: .9375rem; font-weight: 550; color: var(--bad) }
input:not([type=radio], [type=checkbox]), select, textarea { width: 100%; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .5rem; background: light-dark(#fff, #10141b); color: inherit; font: inherit; line-height: 1.4 }
::placeholder { color: var(--quiet); opacity: 1 }
.hint + .fields { margin-top: .75rem }
.wrong input, .wrong select, .wrong textarea { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad) }
input[readonly] { background: var(--sunken); border-color: var(--line); color: var(--quiet) }
input[type=radio], input[type=checkbox] { width: 1.125rem; height: 1.125rem; margin: .2rem 0 0; accent-color: var(--accent) }
fieldset { margin: 0 0 1rem; padding: 0; border: 0; min-width: 0 }
.choice { display: grid; grid-template-columns: auto 1fr; gap: 0 .625rem; margin: 0 0 .75rem }
.choice label { margin: 0 }
.choice .hint { grid-column: 2; margin: 0 !important }
.fields { display: grid; gap: 0 1.25rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)) }
.inline { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem }
.inline .field { margin: 0; flex: 1 1 12rem }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1rem }
td .actions { margin: 0 }

.button, .small { display: inline-block; padding: .5rem 1.125rem; border: 1px solid var(--edge); border-radius: .5rem; background: var(--card); color: var(--text); font: inherit; font-weight: 600; line-height: 1.4; text-align: center; text-decoration: none; white-space: nowrap; cursor: pointer }
.button:hover, .small:hover { border-color: var(--text); color: var(--text) }
.button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent) }
.button.primary:hover { border-color: var(--accent-strong); background: var(--accent-strong); color: var(--on-accent) }
.button.danger { border-color: var(--bad); color: var(--bad) }
.button.danger:hover { background: var(--bad-ground) }
.button:disabled, .button[aria-disabled=true] { border-color: var(--line); background: var(--sunken); color: var(--quiet); cursor: default }
.small { padding: .25rem .75rem }
td .button { padding: .25rem .75rem }
.has-script .needs-no-script { display: none }

.progress { display: grid; gap: .375rem }
progress { width: 100%; height: .75rem; border: 0; border-radius: 1rem; overflow: hidden; appearance: none; background: var(--sunken); box-shadow: inset 0 0 0 1px var(--line) }
progress::-webkit-progress-bar { background: var(--sunken) }
progress::-webkit-progress-value { background: var(--accent); border-radius: 1rem; transition: inline-size .4s ease-out }
progress::-moz-progress-bar { background: var(--accent); border-radius: 1rem }
.progress .line { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9rem), 1fr)); gap: .25rem 1rem; min-height: 1.5rem; margin: 0; max-width: none }
.progress .line > * { min-height: 1.5em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }

@media (max-width: 44rem) {
  .card { padding: 1rem }
  .card > table { margin: 0; width: 100% }
  table, tbody, tr, td { display: block; width: 100% }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tbody tr { padding: .5rem 0; border-bottom: 1px solid var(--line) }
  tbody tr:last-child { border-bottom: 0 }
  td { display: grid; grid-template-columns: minmax(6.5rem, 2fr) 3fr; gap: .75rem; padding: .25rem 0; border: 0; text-align: start }
  td:not([data-label]) { display: block; padding-top: .5rem }
  td > .badge { justify-self: start }
  td::before { content: attr(data-label); font-size: .8125rem; font-weight: 600; color: var(--quiet) }
  td:not([data-label])::before { content: none }
  .tabs a { padding: .4rem .5rem; font-size: .9375rem }
  .actor { display: none }
}
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { transition: none !important; animation: none !important } }
@media (forced-colors: active) { .badge, .banner, .button { border: 1px solid } }
`

/** The looks of the pages on which people read: charts, changes, timelines. A part of the console's stylesheet. */
export const readingStyles: string = `
a { unicode-bidi: isolate }
.eye { display: inline-flex; padding: .25rem; border-radius: .5rem; color: var(--accent) }
td:has(> .eye) { padding-block: .375rem }
.eye:hover { background: var(--busy-ground) }
.eye span { display: none }
.eye svg { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round }

.filter, .search { margin: 0 0 1rem; align-items: end }
.filter .field { flex: 0 1 12rem }
.search { align-items: start }
.search .field { flex: 1 1 14rem; max-width: 26rem }
.search .button { margin-top: 1.75rem }
.tools { display: flex; flex-wrap: wrap; gap: 0 2rem; justify-content: space-between; margin-bottom: .5rem }
.tools > * { flex: 1 1 20rem }

.chart { margin: 0 0 1.25rem; padding: 1rem 1.125rem; border-radius: .6rem; background: var(--sunken) }
.chart figcaption { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; justify-content: space-between; margin-bottom: .75rem; font-size: .875rem }
.chart-title { font-weight: 600 }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; list-style: none; color: var(--quiet) }
.legend li { display: inline-flex; align-items: center; gap: .4rem }
.legend li::before { content: ""; width: .7rem; height: .7rem; border-radius: .2rem; background: currentColor }
.chart { --created: light-dark(#1d8f52, #4fc98a); --updated: light-dark(#2f6fed, #7ea6ff); --restored: light-dark(#7b52d6, #b496ff); --archived: light-dark(#d08400, #f0b24a) }
.legend .created::before { background: var(--created) } .chart rect.created { fill: var(--created) }
.legend .updated::before { background: var(--updated) } .chart rect.updated { fill: var(--updated) }
.legend .restored::before { background: var(--restored) } .chart rect.restored { fill: var(--restored) }
.legend .archived::before { background: var(--archived) } .chart rect.archived { fill: var(--archived) }
.chart rect.slot { fill: transparent }
.chart g:hover rect.slot { fill: var(--line) }
.chart svg { display: block; width: 100%; height: auto; max-height: 7.5rem }

.wide { overflow-x: auto }
.hash { font-size: .8125rem }
.timeline { margin: 0; padding: 0; list-style: none }
.timeline li { position: relative; padding: 0 0 .875rem 1.5rem; border-inline-start: 2px solid var(--line); margin-inline-start: .4rem }
.timeline li::before { content: ""; position: absolute; inset-inline-start: -.45rem; top: .4rem; width: .75rem; height: .75rem; border-radius: 50%; background: var(--accent); box-shadow: 0 0 0 3px var(--card) }
.timeline li:last-child { padding-bottom: 0; border-color: transparent }
.timeline .step { font-weight: 550 }
.timeline .why { display: block; color: var(--quiet) }

.changes { margin: 0; padding: 0; list-style: none }
.changes > li { padding: 1rem 0; border-top: 1px solid var(--line) }
.changes > li:last-child { padding-bottom: 0 }
.changes article > :last-child { margin-bottom: 0 }
.change-head { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; margin-bottom: .375rem }
.change-head h3 { margin: 0; font-weight: 600 }
.diff table { margin: 0; font-size: .9375rem; table-layout: fixed }
.diff th, .diff td { padding: .3rem .75rem .3rem 0 }
.diff th:first-child { width: 30% }
.enrolments { margin: .375rem 0 0 !important; max-width: none !important }
summary { width: fit-content; padding: .125rem 0; font-weight: 550; color: var(--accent); cursor: pointer }
details[open] > summary { margin-bottom: .5rem }
.candidates { margin: 0 0 1rem; padding: 0; list-style: none }
.candidates > li { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; justify-content: space-between; padding: .75rem 1rem; margin-bottom: .5rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--sunken) }
.candidates > li > p, .candidates > li > .facts { margin: 0; flex: 1 1 20rem }
.inline .quiet { align-self: center }
td > .badge { justify-self: start }
.card-head .badge { white-space: normal }
.foot-action { margin: 0 !important; padding-top: .875rem; border-top: 1px solid var(--line) }

@media (max-width: 44rem) {
  td.number { text-align: start }
  td:has(> .nothing) { display: none }
  .eye { gap: .5rem; font-weight: 550 }
  .eye span { display: inline }
}
`

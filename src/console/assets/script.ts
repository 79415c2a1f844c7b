/**
 * The console's one script: served as a file, under a name that changes with it. Writes times in the viewer's zone, lets
 * a choice of district take effect at once, and moves the progress of a running import. Everything works without it.
 */
export const script: string = `"use strict"
const root = document.documentElement
root.classList.add("has-script")
const format = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "short" })
const writeTimes = (part) => {
  for (const time of part.querySelectorAll("time[datetime]")) {
    const date = new Date(time.dateTime)
    if (!Number.isNaN(date.getTime())) time.textContent = format.format(date)
  }
}
writeTimes(document)
for (const button of document.querySelectorAll("form.district button")) button.classList.add("hidden")
for (const select of document.querySelectorAll("select[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit())
}
const zone = document.querySelector("[data-zone]")
if (zone && zone.value === "") zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone
const live = document.querySelector("[data-events]")
if (live) {
  const source = new EventSource(live.dataset.events)
  const state = live.dataset.state
  source.addEventListener("progress", ({ data }) => {
    const progress = JSON.parse(data)
    if (progress.state !== state) {
      source.close()
      location.reload()
      return
    }
    const bar = live.querySelector("progress")
    if (bar) {
      if (progress.share === null) bar.removeAttribute("value")
      else bar.value = progress.share
    }
    for (const [name, text] of Object.entries(progress.texts)) {
      const place = live.querySelector('[data-text="' + name + '"]')
      if (place && place.textContent !== text) place.textContent = text
    }
  })
  addEventListener("pagehide", () => source.close())
}
`

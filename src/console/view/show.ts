import type { ConsoleText } from "../text/english.ts"
import { html, type Markup } from "./html.ts"

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Writes values as people read them, in the console's language. */
export class Show {
  readonly #text: ConsoleText
  readonly #number: Intl.NumberFormat
  readonly #share: Intl.NumberFormat

  constructor(text: ConsoleText) {
    this.#text = text
    this.#number = new Intl.NumberFormat(text.language)
    this.#share = new Intl.NumberFormat(text.language, { style: "percent", maximumFractionDigits: 1 })
  }

  /** With its thousands grouped: `52,000`. */
  number(value: number): string {
    return this.#number.format(value)
  }

  /** A number in a table, where most are nothing. */
  count(value: number): Markup {
    return value === 0
      ? html`<span class="quiet nothing">${this.#text.nothing}</span>`
      : html`${this.number(value)}`
  }

  /** A share of 1: `12.5%`. */
  share(value: number): string {
    return this.#share.format(value)
  }

  /**
   * A time, ISO 8601 in UTC: the script writes it in the viewer's zone; the exact one is there when it is pointed at.
   * Without the script it is in UTC and says so.
   */
  time(iso: string | null | undefined): Markup {
    if (iso === null || iso === undefined) return html`<span class="quiet">${this.#text.never}</span>`
    const exact = `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
    return html`<time datetime="${iso}" title="${exact}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`
  }

  /** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
  duration(ms: number): string {
    const { hours, minutes, seconds } = this.#text.durations
    if (ms < 10_000) return seconds(this.number(Math.round(ms / 100) / 10))
    if (ms < minuteMs) return seconds(this.number(Math.round(ms / 1_000)))
    if (ms < hourMs) {
      const rest = Math.floor((ms % minuteMs) / 1_000)
      return `${minutes(this.number(Math.floor(ms / minuteMs)))} ${seconds(this.number(rest))}`
    }
    const rest = Math.floor((ms % hourMs) / minuteMs)
    return `${hours(this.number(Math.floor(ms / hourMs)))} ${minutes(this.number(rest))}`
  }
}

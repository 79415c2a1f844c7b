/** `npm test`: a line for each rule, with how many tests hold Homeroom to it, and below it those that fail. */
import type { Reporter, TestModule } from "vitest/node"
import { chaptersOf, failedMark } from "./chapters.ts"

export default class SpecSummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    console.log("")
    for (const { title, lines } of chaptersOf(modules)) {
      const failed = lines.filter((line) => line.startsWith(failedMark))
      const mark = failed.length === 0 ? "✓" : failedMark
      console.log(`${mark} ${String(lines.length).padStart(4)}  ${title}`)
      for (const line of failed) console.log(`          ${line}`)
    }
  }
}

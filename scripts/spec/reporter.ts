/** `npm run test:spec`: what the tests hold Homeroom to, by rule; then what else there is, by room. */
import type { Reporter, TestModule } from "vitest/node"
import { chaptersOf } from "./chapters.ts"

export default class SpecReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const { title, lines } of chaptersOf(modules)) {
      console.log(`\n${title}`)
      for (const line of lines) console.log(`   ${line}`)
    }
  }
}

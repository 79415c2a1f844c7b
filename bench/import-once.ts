/** A process that does one import and nothing else, started anew for each: how much memory it takes. */
import { saveMemory } from "../src/cli/memory.ts"
import { withRoster } from "./subjects/homeroom.ts"
import type { ImportReport, ImportTask } from "./tasks.ts"

const { apiUrl, districtId, database } = JSON.parse(process.argv[2] ?? "") as ImportTask

saveMemory()

function tell(report: ImportReport): void {
  process.send?.(report)
}

const before = performance.now()
const run = await withRoster(database, (importDistrict) =>
  importDistrict({
    apiUrl,
    districtId,
    onProgress: ({ stage, records }) => {
      if (stage === "listing") tell({ type: "page-compared" })
      tell({ type: "progress", records })
    },
  }),
)
tell({
  type: "done",
  state: run.state,
  resumed: run.resumed,
  records: run.records,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  milliseconds: performance.now() - before,
})
process.disconnect?.()

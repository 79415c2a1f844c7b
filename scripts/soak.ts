/**
 * Lets thousands of simulated days pass and reports what the process holds: npm run soak -- --days 3000. Ends with 1 if
 * anything differs from what Clever shares, or grows.
 */
import { parseArgs } from "node:util"
import { growthOf, reportOf } from "../test/soak/report.ts"
import { soak } from "../test/soak/soak.ts"

const { values } = parseArgs({
  options: {
    days: { type: "string", default: "3000" },
    users: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
  },
})
const [days, users, seed] = [values.days, values.users, values.seed].map(Number) as [number, number, number]
if (!(days >= 40 && users >= 10 && Number.isInteger(seed))) {
  console.error("Usage: npm run soak -- [--days N, 40 or more] [--users N, 10 or more] [--seed N]")
  process.exit(2)
}

const result = await soak({
  days,
  users,
  seed,
  compareEvery: 10,
  sampleEvery: Math.max(1, Math.floor(days / 120)),
  onSample: ({ day, heapBytes, records }) => {
    console.error(`day ${day}: ${(heapBytes / 2 ** 20).toFixed(1)} MiB, ${records} records shared`)
  },
})
const growth = growthOf(result.samples)
console.log(reportOf(result, growth))
process.exit(growth.isStable && result.warnings.length === 0 ? 0 : 1)

/** The provider of the logins, in a process of its own: the simulated Clever with OpenID Connect. */
import { sessionCookie, startSimulator } from "../src/simulator/index.ts"
import type { ProviderReport } from "./tasks.ts"

const simulator = await startSimulator({
  users: 200,
  schools: 1,
  rateLimit: 1_000_000_000,
  // The peer insists on a token type, which Clever's answers do not need to have.
  apps: [{ oidc: true, tokenType: "bearer" }],
})
const [district] = simulator.districts
const teacher = district?.records("user").find((user) => (user.roles as { teacher?: unknown }).teacher)
if (district === undefined || teacher === undefined) throw new Error("There is nobody to log in.")
const personId = String(teacher.id)
const session = simulator.signIn.sessions.start({
  districtId: district.id,
  personId,
  role: "teacher",
  byAdmin: undefined,
})
const { authUrl, apiUrl, clientId, clientSecret } = simulator
const report: ProviderReport = {
  authUrl,
  apiUrl,
  clientId,
  clientSecret,
  cookie: `${sessionCookie}=${session.id}`,
  personId,
}
process.send?.(report)
// The parent is gone: so is what this serves.
process.on("disconnect", () => process.exit())

import type { ConsoleRoute } from "../routing/route.ts"
import { historyRoutes } from "./history.ts"
import { importRoutes } from "./import/import-page.ts"
import { districtRoutes } from "./partners/district.ts"
import { overviewRoutes } from "./partners/overview.ts"
import { requestRoutes } from "./partners/requests.ts"
import { peopleRoutes } from "./people.ts"
import { reviewRoutes } from "./review.ts"
import { runDecisionRoutes } from "./run-decisions.ts"
import { runDetailsRoutes } from "./run-details.ts"
import { runRejectionRoutes } from "./run-rejections.ts"
import { scheduleRoutes } from "./schedule/schedule-page.ts"
import { startRoutes } from "./start.ts"

/**
 * Every address of the console. To add a page:
 *
 * 1. Write `pages/NAME.ts` with `export const NAMERoutes: readonly ConsoleRoute[]`: method, path, role, handler. Under
 *    `/districts/:districtId` the shell has found the connection and that the person may see it (`visit.connection`),
 *    and `visit.run()` is the run of `:runId`, of that district alone. Elsewhere ask `visit.sees(districtId)`.
 * 2. A handler answers `visit.page({ title, section, body, … })`, or after a form `visit.redirect(path, BANNER)`; what
 *    it throws becomes a page. Markup is `html` from `../view/html.ts`, which escapes whatever is put into it; forms
 *    come from `visit.postForm`, addresses from `visit.href`; `../view` has tables, cards, badges, fields, and
 *    `visit.show` writes numbers and times. Nothing inline: no `style=`, no `on…=`. Nothing personal in an address.
 * 3. All words go into `../text/english.ts`, under the page's name.
 * 4. Add it to this list, and its addresses to the table in `test/console/roles.test.ts`.
 */
export const routes: readonly ConsoleRoute[] = [
  ...startRoutes,
  ...overviewRoutes,
  ...requestRoutes,
  ...districtRoutes,
  ...importRoutes,
  ...scheduleRoutes,
  ...historyRoutes,
  ...runDetailsRoutes,
  ...runRejectionRoutes,
  ...runDecisionRoutes,
  ...reviewRoutes,
  ...peopleRoutes,
]

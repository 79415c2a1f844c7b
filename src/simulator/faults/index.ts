/** The faults at hand, public as `fault.…`: each makes one to be put in place with `simulator.faults.add()`. */

export {
  answer,
  around,
  custom,
  cutConnection,
  delay,
  drip,
  hang,
  html,
  oversize,
  rateLimited,
  redirect,
  rewriteJson,
  rewriteRequest,
  rewriteText,
  truncate,
} from "./faults.ts"
export {
  damageRecords,
  descendingPage,
  emptyPage,
  foreignNext,
  ignoreLimit,
  linksOnItems,
  missingEnvelope,
  missingNext,
  rejectCursor,
  repeatPage,
  singleWrapped,
  unsortedPage,
} from "./list-faults.ts"

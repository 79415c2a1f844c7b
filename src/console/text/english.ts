import { people } from "./people.ts"
import { reading } from "./reading.ts"
import { schedule } from "./schedule.ts"

/**
 * Every text of the console, page by page. For another language copy this object, translate it, and give it to
 * `createConsole` as `text`. Times are written by the browser in its own language.
 */
export const english = {
  language: "en",
  direction: "ltr" as "ltr" | "rtl",

  // Around every page

  product: "Data Exchange",
  sections: {
    partners: "Partners",
    import: "Import",
    schedule: "Schedule",
    history: "Exchange History",
    review: "Review",
    people: "People",
  },
  skipToContent: "Skip to the content",
  mainNavigation: "Data Exchange",
  breadcrumbs: "Where you are",
  signedInAs: "Signed in as",
  district: "District",
  allDistricts: "All districts",
  switchDistrict: "Go",
  secureSync: "Clever Secure Sync",
  never: "never",
  yes: "Yes",
  no: "No",
  cancel: "Cancel",
  saveChanges: "Save Changes",
  back: "Back",
  durations: {
    hours: (n: string): string => `${n} h`,
    minutes: (n: string): string => `${n} min`,
    seconds: (n: string): string => `${n} s`,
  },
  modes: {
    sso: "SSO",
    "sso+provisioning": "SSO with User Provisioning",
  },
  connectionStates: {
    requested: "Waiting for Integration",
    approved: "Approved",
    active: "Active",
    paused: "Paused",
    disconnected: "Disconnected",
    declined: "Declined",
  },
  importModes: { delta: "Delta", bulk: "Bulk", user: "One person", undo: "Undo" },
  runStates: {
    queued: "Starting",
    fetching: "Reading",
    interrupted: "Interrupted",
    planned: "Planned",
    held: "Held",
    approved: "Approved",
    applying: "Saving",
    applied: "Applied",
    unchanged: "Nothing to do",
    discarded: "Discarded",
    expired: "Expired",
    failed: "Failed",
    cancelled: "Cancelled",
  },
  kinds: {
    district: "District",
    school: "Schools",
    term: "Terms",
    course: "Courses",
    user: "Users",
    section: "Sections",
  },

  /** What the next page says once a form was done. */
  banners: {
    "import-scheduled": "Success. Clever Sync scheduled successfully.",
    "import-waits-already":
      "An import of this district is waiting already. It begins as soon as there is room.",
    "import-cancelled": "The import was taken off the queue.",
    "import-already-running": "The import that waited has begun already.",
    "integration-requested": "Your request was sent. You see here when it was approved.",
    "request-approved": "The request was approved. Enter the Clever District ID to connect the district.",
    "request-declined": "The request was declined.",
    "run-approved": "The import was approved and applied.",
    "run-discarded": "The import was discarded. The next one looks at Clever anew.",
    "run-cancelled": "The import was told to end. It does so within a few seconds, and changes nothing.",
    "run-undone":
      "The import was undone. The district's imports are paused until somebody resumes them under Partners.",
    "review-linked": "The account was linked.",
    "review-kept-apart": "Kept apart: none of the candidates will be offered again.",
    "district-connected": "Changes saved. The district is connected.",
    "district-paused": "Imports are paused. People of the district go on logging in.",
    "district-resumed": "Imports are on again.",
    "district-disconnected": "The district was disconnected. Its people can't log in with Clever any more.",
    "districts-looked-for": "Clever was asked for newly connected districts.",
    "schedule-saved": "The schedule was saved.",
    "schedule-reset": "The district follows the schedule for all districts again.",
    "guards-saved": "The thresholds were saved. They go from the next import on.",
  },

  /** What people are told of an error in place of its own words, which are for whoever runs the command line. */
  errors: {
    CONSOLE_NOT_ALLOWED:
      "You may look at this, but not do it. Ask whoever looks after the app for the right.",
    CONSOLE_FORM_REFUSED:
      "The form could not be taken: it had been open for too long, or came from elsewhere. Go back, reload the page and send it again.",
    CONSOLE_PAGE_NOT_FOUND: "There is no page at this address. It may have been moved, or mistyped.",
    CONNECTION_NOT_FOUND: "This district is not connected, or not one of yours.",
    CONNECTION_NOT_ACTIVE:
      "The district's connection is not active. Resume or activate it under Partners first.",
    CONNECTION_WITHOUT_PROVISIONING:
      "The district is connected for sign-in alone. Choose SSO with User Provisioning under Partners to import its people.",
    CONNECTION_TRANSITION_INVALID:
      "Somebody else has changed the connection meanwhile, so that this step can't be taken any more. Look at it as it is now.",
    CONNECTION_CHANGED:
      "Somebody else has changed this meanwhile. Look at it as it is now, and do it again if it is still wanted.",
    SYNC_IN_PROGRESS: "An import of this district is running. Wait for it to end, then do it again.",
    CLEVER_DISTRICT_NOT_CONNECTED:
      "Clever does not know this district as one of the app's. Check the Clever District ID, and that the district has shared its data with the app in Clever.",
    CLEVER_UNREACHABLE: "Clever can't be reached just now. Nothing was changed; try again in a few minutes.",
    CLEVER_UNAVAILABLE: "Clever has a problem of its own just now. Nothing was changed; try again later.",
    CLEVER_RATE_LIMITED:
      "Clever gets too many requests for this district just now. Try again in a few minutes.",
    CLEVER_TOKEN_REJECTED:
      "Clever does not let the app at this district's data any more. Ask the district whether it still shares its data with the app.",
    CLEVER_CREDENTIALS_REJECTED:
      "Clever does not accept the app's credentials. Tell whoever looks after the app: they have to be renewed.",
    CLEVER_CREDENTIALS_MISSING: "The app has no Clever credentials, so Clever can't be asked.",
    RUN_NOT_FOUND: "There is no such import in this district.",
    PLAN_STALE: "The roster has changed since, so that these changes no longer fit. Run the import again.",
    PLAN_ALTERED: "What is stored of this plan is not what it was. Make a new one.",
    PLAN_HASH_MISMATCH: "What you saw is not what waits any more. Look at it again before you approve.",
    PLAN_EXPIRED: "Nobody decided in time. Run the import again.",
    PLAN_NOT_APPLICABLE: "Nothing waits for a decision here any more.",
    RUN_NOT_UNDOABLE: "This import can't be undone: it changed nothing, or its changes are no longer kept.",
    RUN_NOT_RUNNING:
      "This import is not at work any more, or is being saved already. Look at it as it is now.",
    RUN_CANCELLED: "Somebody has cancelled this import. Nothing was changed.",
    RUN_TRANSITION_INVALID: "Somebody else has decided about this meanwhile. Look at it as it is now.",
    REVIEW_NOT_FOUND: "There is no such review in this district.",
    REVIEW_NOT_OPEN: "This is decided already, or has settled itself. Look at the list as it is now.",
    LINK_CONFLICT:
      "The account, or the person, was linked otherwise a moment ago. Look at the review as it is now.",
    RUN_CHANGES_PURGED: "The changes of this import are no longer kept. Its counts still are.",
    STORAGE_BUSY: "The database is busy just now. Try again in a moment.",
    STORAGE_UNREACHABLE: "The database does not answer just now. Try again in a moment.",
    STORAGE_FULL: "The disk of the database is full, so nothing was saved. Tell whoever looks after the app.",
    QUEUE_UNREACHABLE: "The import queue does not answer just now. Try again in a moment.",
    INTERNAL:
      "Something went wrong that should not. It was noted; try again, or tell whoever looks after the app.",
  } as Readonly<Record<string, string>>,
  errorPage: {
    title: "That did not work",
    notFound: "There is nothing here",
    notAllowed: "You may not do this",
    toStart: "Go to Partners",
    code: "Code",
  },
  deniedPage: {
    title: "You are not signed in",
    text: "Sign in to the app with an account that may use Data Exchange, then open this page again.",
  },

  // Partners

  partners: {
    title: "Partners › Clever",
    lead: "How this app and its districts are connected through Clever, and who decided so.",
    modes: {
      sso: {
        lead: "People log in with Clever. Accounts come from elsewhere.",
        points: [
          "Teachers, students and the others log in with their Clever account.",
          "Accounts are never created, changed or archived through Clever.",
          "Somebody without an account here is told so, and nothing else happens.",
        ] as readonly string[],
      },
      "sso+provisioning": {
        lead: "People log in with Clever, and their accounts follow Clever.",
        points: [
          "Everything that SSO does.",
          "People, schools, classes and terms appear here, change and are archived as in Clever.",
          "Whoever is no longer shared is archived, never deleted, and comes back as the same person.",
        ] as readonly string[],
      },
    },
    request: "Request",
    requestAgain: "Request again",
    requestedBy: (who: string): string => `Requested by ${who}`,
    approvedText: "Approved. Enter the Clever District ID to go on.",
    enterId: "Enter the Clever District ID",
    declinedText: "The last request was declined.",
    signup: "Signup address to send to the district",
    signupHint: "The district's Clever administrator opens it to share the district with this app.",
    waiting: "Waiting for a decision",
    waitingText: "Approve what you expect; who asked is told by the app.",
    newDistrict: "No district yet",
    approve: "Approve",
    decline: "Decline",
    approveWhat: (what: string): string => `Approve ${what}`,
    declineWhat: (what: string): string => `Decline ${what}`,
    districts: "Districts",
    none: "No district is connected yet",
    noneText:
      "Request an integration above. A district that shares its data with this app in Clever appears here by itself.",
    edit: "Edit",
    editWhat: (what: string): string => `Edit ${what}`,
    look: "Look for new districts now",
    lastLook: "Clever was last asked for newly connected districts",
    page: "Pages of districts",
    firstPage: "First districts",
    nextPage: "More districts",
    columns: {
      district: "District",
      districtId: "Clever District ID",
      mode: "Mode",
      state: "State",
      lastSync: "Last sync",
      nextSync: "Next sync",
      actions: "Actions",
      who: "Who",
      when: "When",
    },
  },

  // One district under Partners, or one request

  connection: {
    title: "Connection",
    editTitle: "Connect a district",
    lead: "The district is connected once Clever confirms its id.",
    districtId: "Clever District ID",
    districtIdHint:
      "24 letters and digits, in the address of the district's pages in Clever: Clever shows it to the district's administrator under Settings.",
    districtIdMissing: "Enter the Clever District ID.",
    districtIdWrong:
      "This can't be a Clever District ID: it has letters and digits alone, usually 24 of them.",
    districtIdForeign:
      "This district is not one of yours. Ask whoever looks after the app to give it to you.",
    districtIdKept: "To connect another district, request an integration for it.",
    mode: "Mode",
    modeHint: "A change goes from the next login and the next import on.",
    app: "Clever app",
    checked: "Save Changes asks Clever first; nothing is saved that Clever does not confirm.",
    quarantined: "Imports of this district keep failing, so they are tried seldom",
    quarantinedAdvice: (code: string): string =>
      `The last one failed with ${code}. Put it right, then start an import: that ends the waiting.`,
    off: "not by itself",
    imports: "Imports",
    importsOn: "Imports run when their time has come.",
    importsPaused: "Imports are paused. People of the district go on logging in.",
    pause: "Pause imports",
    resume: "Resume imports",
    goToImport: "Import now",
    end: "End the connection",
    endText:
      "Nobody of the district can log in with Clever then, and nothing is imported. The roster stays as it is.",
    disconnect: "Disconnect",
    disconnectTitle: (name: string): string => `Disconnect ${name}?`,
    requestAgainText: "The connection has ended. It can be requested again.",
    waitingText: "Somebody has to approve this request before the district can be connected.",
    steps: "What happened",
    stepsCaption: "Steps of this connection, newest first",
    columns: { when: "When", what: "State", mode: "Mode", who: "Who" },
  },

  // Import

  import: {
    title: "Import",
    crumb: "Clever Secure Sync",
    lead: "Brings the people, schools and classes of the district up to date with Clever.",
    form: "What to import",
    mode: "How much",
    modes: {
      delta: {
        label: "Delta",
        hint: "Reads only what has changed at Clever since the last import. The right one for every day.",
      },
      bulk: {
        label: "Bulk",
        hint: "Lists everything there is and compares it. Takes longer; finds whatever a delta may have missed.",
      },
    },
    preview: "Preview",
    previewHint: "Preview finds out what an import would do, and changes nothing.",
    import: "Import",
    running: "An import is running",
    runningPreview: "A preview is running",
    atWork: "The import is at work. This page shows how far it is as soon as that is known.",
    runningText: "You can leave this page: it goes on. Another import asked for now begins after this one.",
    startedBy: (who: string): string => `Started by ${who}`,
    progress: "Progress of the import",
    waiting: "An import is waiting",
    waitingText: (mode: string, who: string): string =>
      `${mode}, asked for by ${who}. It begins as soon as there is room.`,
    waitingUntil: "It begins at",
    waitingLong:
      "Nothing has taken it up yet. If it stays like this, ask whoever looks after the app whether its import worker runs.",
    cancelWaiting: "Take it off the queue",
    last: "The last import",
    lastNone: "This district was never imported",
    lastNoneText: "Start with Bulk, or have a look at what it would do with Preview.",
    lastText: (mode: string, who: string): string => `${mode}, started by ${who}`,
    details: "See the details",
    counts: (created: string, updated: string, archived: string): string =>
      `${created} created, ${updated} updated, ${archived} archived`,
    whatChanged: "What changed",
    when: "When",
    how: "How",
    notImportable: "This district can't be imported now",
    notActive: "Its connection is not active. Under Partners you see why, and what to do.",
    ssoOnly:
      "It is connected for sign-in alone, so that nobody is created, changed or archived through Clever. Choose SSO with User Provisioning under Partners to import it.",
    toConnection: "Go to its connection",
    stages: {
      listing: "Reading",
      replaying: "Reading what changed meanwhile",
      "reading-events": "Reading changes",
      planning: "Comparing",
      applying: "Saving",
    },
    stage: (stage: string, kind: string): string => `${stage}: ${kind}`,
    records: (records: string): string => `${records} records`,
    recordsOf: (records: string, expected: string): string => `${records} of ${expected} records`,
    rate: (rate: string): string => `${rate} a second`,
    left: (duration: string): string => `${duration} left`,
  },
  // What happened, and who people are

  actions: reading.actions as (typeof reading)["actions"],
  counts: reading.counts as (typeof reading)["counts"],
  record: reading.record as (typeof reading)["record"],
  roles: reading.roles as (typeof reading)["roles"],
  firstPage: reading.firstPage as (typeof reading)["firstPage"],
  nextPage: reading.nextPage as (typeof reading)["nextPage"],
  pages: reading.pages as (typeof reading)["pages"],
  all: reading.all as (typeof reading)["all"],
  filter: reading.filter as (typeof reading)["filter"],
  nothing: reading.nothing as (typeof reading)["nothing"],
  history: reading.history as (typeof reading)["history"],
  run: reading.run as (typeof reading)["run"],
  review: people.review as (typeof people)["review"],
  people: people.people as (typeof people)["people"],
  person: people.person as (typeof people)["person"],

  schedule: schedule as typeof schedule,

  // Choosing a district

  choose: {
    lead: "Which district is it about?",
    none: "No district is connected yet",
    noneText: "Connect one under Partners: its imports, schedule and people are shown here then.",
    toPartners: "Go to Partners",
  },
}

/** Every text of the console: see {@link english}. */
export type ConsoleText = typeof english

/** What a page may have the next one say: a key of `banners`. */
export type BannerCode = keyof ConsoleText["banners"]

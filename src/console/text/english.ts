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
    "import-cancelled": "The import was taken off the queue.",
    "import-already-running": "The import that waited has begun already.",
    "integration-requested": "Your request was sent. You see here when it was approved.",
    "request-approved": "The request was approved. Enter the Clever District ID to connect the district.",
    "request-declined": "The request was declined.",
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
    CLEVER_CREDENTIALS_MISSING: "The app has no Clever credentials, so Clever can't be asked.",
    RUN_NOT_FOUND: "There is no such import in this district.",
    PLAN_STALE: "The roster has changed since, so that these changes no longer fit. Run the import again.",
    PLAN_ALTERED: "What is stored of this plan is not what it was. Make a new one.",
    PLAN_HASH_MISMATCH: "What you saw is not what waits any more. Look at it again before you approve.",
    PLAN_EXPIRED: "Nobody decided in time. Run the import again.",
    PLAN_NOT_APPLICABLE: "Nothing waits for a decision here any more.",
    RUN_NOT_UNDOABLE: "This import can't be undone: it changed nothing, or its changes are no longer kept.",
    RUN_CHANGES_PURGED: "The changes of this import are no longer kept. Its counts still are.",
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
    lead: "How districts are connected to this app at Clever, and who decided so.",
    districts: "Districts",
    connection: "Connection",
    none: "No district is connected yet",
    noneText:
      "Request an integration above. A district that shares its data with the app in Clever appears here by itself.",
    columns: {
      district: "District",
      districtId: "Clever District ID",
      mode: "Mode",
      state: "State",
      lastSync: "Last sync",
      nextSync: "Next sync",
    },
  },

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

/** The part of the console that a page belongs to, as the navigation has it. */
export type ConsoleSection = "partners" | "import" | "schedule" | "history" | "review" | "people"

/** In the order of the navigation. */
export const sections: readonly ConsoleSection[] = [
  "partners",
  "import",
  "schedule",
  "history",
  "review",
  "people",
]
